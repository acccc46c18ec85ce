// SPDX-License-Identifier: MIT
// What a compiled side module wants of the runtime, read from its sections.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

struct WasmLinkage {
    std::vector<std::string> imports; // symbols that somebody else must have; sorted, each once
    std::vector<std::string> exports; // sorted
    std::vector<std::string> needed;  // other libraries it names
    bool is_side_module = false;      // has a dylink.0 section
};

// Memory, table, stack pointer and bases are the linker's own business and not among the imports.
[[nodiscard]] Expected<WasmLinkage> read_wasm_linkage(ByteView module);

// The imports that are neither among `offered` (sorted) nor exported by the module itself.
[[nodiscard]] std::vector<std::string> missing_symbols(const WasmLinkage& module,
                                                       const std::vector<std::string>& offered);

} // namespace pymode

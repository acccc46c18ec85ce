// SPDX-License-Identifier: MIT
// An installed archive as it travels to a Worker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/native/compile.hpp"
#include "core/packaging/install/bytecode.hpp"
#include "core/packaging/install/install.hpp"

namespace pymode {

// An extension module or library of a package: a Worker gets it as a module of its own, since it
// may not compile WebAssembly when it runs.
struct NativeModule {
    std::string path; // below site-packages: "markupsafe/_speedups.cpython-313-wasm32-wasi.so"
    Bytes wasm;
};

struct SitePackages {
    Bytes zip;                        // with bytecode; without native modules and pymode's state
    std::vector<NativeModule> native; // sorted by path
    std::vector<std::string> words;   // that stand in import statements of the packages
    InstalledState state;
};

// Compiles what no earlier build has. The same archive gives the same bytes, whatever is known of
// it. Nothing when there is no archive; an error when it is none of ours.
[[nodiscard]] Expected<std::optional<SitePackages>>
load_site_packages(const std::filesystem::path& archive, const CompileFunction& compile,
                   const BytecodeOptions& options);

} // namespace pymode

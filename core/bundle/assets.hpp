// SPDX-License-Identifier: MIT
// The runtime inside the executable: the files of build/runtime, embedded when it was linked.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/bytes.hpp"

namespace pymode {

struct Asset {
    // "python.wasm", "stdlib.zip", "host.js", "manifest.json", "licenses.txt",
    // "dynload/_sqlite3.wasm", "dev/runner.mjs", "templates/hello/src/main.py", "sdk.zip",
    // "vendored/libyaml.zip", "wheelhouse/index.json", "wheelhouse/NAME.whl", "recipes/NAME.toml"
    std::string_view name;
    ByteView bytes;
    std::uint64_t gzip = 0; // bytes after gzip at level 6; 0: not known
};

// Sorted by name; empty in a build without the runtime (PYMODE_RUNTIME=OFF).
[[nodiscard]] std::span<const Asset> runtime_assets();

} // namespace pymode

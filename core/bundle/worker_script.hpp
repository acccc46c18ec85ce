// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/project/project.hpp"

namespace pymode {

inline constexpr std::string_view kMainModule = "worker.js";

// What installed packages add to a bundle.
struct PackageModules {
    struct Native {
        std::string module; // of the bundle: "site/markupsafe/_speedups.wasm"
        std::string file;   // in the Worker: "lib/site-packages/markupsafe/_speedups….so"
    };
    bool archive = false; // site-packages.zip
    std::vector<Native> natives;
};

// The text of worker.js: static imports of every part of the bundle (a Worker may not compile
// WebAssembly at run time) and one call of the host.
std::string worker_script(const Project& project, std::span<const std::string> side_modules,
                          const PackageModules& packages = {});

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/project/project.hpp"

namespace pymode {

inline constexpr std::string_view kMainModule = "worker.js";

// The text of worker.js: static imports of every part of the bundle (a Worker may not compile
// WebAssembly at run time) and one call of the host.
std::string worker_script(const Project& project, std::span<const std::string> side_modules);

} // namespace pymode

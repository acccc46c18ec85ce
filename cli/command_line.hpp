// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "core/base/console.hpp"
#include "core/base/environment.hpp"

namespace pymode {

// Parses `arguments` (the first is the program), runs the command, prints its error if it has one.
// Returns the process's exit code: 0 done, 1 failed, 2 wrong usage or configuration, 130 Ctrl-C.
int run_command_line(std::span<char*> arguments, const Env& env, ConsoleSink& sink);

} // namespace pymode

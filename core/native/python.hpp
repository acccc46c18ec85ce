// SPDX-License-Identifier: MIT
// The native CPython inside the executable. It shares the process with nothing: the executable runs
// itself again as `pymode python …` for it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace pymode {

enum class PythonMode {
    isolated,    // ignores PYTHON* variables and the user's folders: for our own jobs
    interactive, // `pymode python`: the environment counts
};

// False in a build without the runtime; the functions below then report it.
[[nodiscard]] bool has_native_python();

// CPython's own command line over `argv` (argv[0] is the program): no argument is the prompt, then
// -c, -m, a script. `stdlib_zip` is the standard library's image; it must live until the end.
// Returns the exit code. Once a process.
[[nodiscard]] int run_python(std::span<char*> argv, ByteView stdlib_zip,
                             PythonMode mode = PythonMode::interactive);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Compiles Python source with the native CPython inside the executable: the version that the Worker
// runs, so its bytecode.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace pymode {

struct SourceModule {
    std::string guest_path; // "/app/src/main.py": becomes co_filename, what tracebacks show
    std::string text;       // the file's bytes; an encoding cookie is honoured
    // Of an installed package: `names` are not wanted, and a file that does not compile is no error
    // (leftovers of Python 2, templates): `failure` says why then.
    bool of_package = false;
};

struct CompiledModule {
    std::string guest_path;     // as given
    std::vector<std::byte> pyc; // unchecked-hash .pyc
    // What the module binds at its top level, sorted: "on_fetch", …; "*" for a star import.
    std::vector<std::string> names;
    std::string failure = {}; // "SyntaxError: … (line 3)"; `pyc` is empty then
};

// What compiles modules: `compile_modules` in the program, something smaller in tests.
using CompileFunction =
    std::function<Expected<std::vector<CompiledModule>>(std::span<const SourceModule>)>;

// Where the import system looks for the bytecode of "pkg/mod.py" (PEP 3147):
// "pkg/__pycache__/mod.cpython-313.pyc".
[[nodiscard]] std::string bytecode_path(std::string_view path);

// Names what `compile_modules` makes: of the same sources it makes the same bytecode wherever this
// name is the same. `python` is the version, "3.13.5".
[[nodiscard]] std::string compiler_name(std::string_view python);

// In the order given; all of them or the first error. A SyntaxError of the project is
// ErrorCode::config with `where` (file = guest_path). Runs a child process of this executable; the
// same input gives the same bytes.
[[nodiscard]] Expected<std::vector<CompiledModule>>
compile_modules(const Env& env, std::span<const SourceModule> modules, const Log& log = {});

// The same with another interpreter: its program and arguments before ours. For tests.
[[nodiscard]] Expected<std::vector<CompiledModule>>
compile_modules_with(std::span<const std::string> python, const Env& env,
                     std::span<const SourceModule> modules, const Log& log = {});

} // namespace pymode

// SPDX-License-Identifier: MIT
// Finds what `pymode recipe build` needs and does not bring along: zig and, for sources in Cython,
// the program cython.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"

namespace pymode {

// The series of zig that recipes are built and tested with.
inline constexpr std::string_view kZigSeries = "0.17.";

inline constexpr std::string_view kInstallZig =
    "python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.1 cython";

// Where to look: the variables PYMODE_ZIG and PYMODE_CYTHON, the virtual environment that is active
// (VIRTUAL_ENV), `.venv` of `project` (may be empty), PATH.
struct CompilerSearch {
    std::filesystem::path project;
    Env env;
};

[[nodiscard]] Expected<std::filesystem::path> find_zig(const CompilerSearch& search);
[[nodiscard]] Expected<std::filesystem::path> find_cython(const CompilerSearch& search);

} // namespace pymode

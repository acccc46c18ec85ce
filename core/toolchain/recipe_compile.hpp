// SPDX-License-Identifier: MIT
// Compiles the modules of a recipe: zig's clang and LLD, position-independent, for the linker of
// the runtime.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/toolchain/recipe.hpp"

namespace pymode {

struct Compilers {
    std::filesystem::path zig;
    std::filesystem::path cython; // may be empty when nothing is in Cython
    // CPython's headers in `include`; what the runtime exports in `symbols.txt`, a name a line.
    std::filesystem::path sdk;
    std::filesystem::path zig_cache; // shared between builds; made when it is missing
    Env env;
    std::size_t jobs = 1;
};

struct BuiltModule {
    std::string name; // "markupsafe._speedups"
    std::string path; // in the wheel
    Bytes wasm;
};

using Report = std::function<void(std::string_view what)>;

// True for sources that need `cython` first.
[[nodiscard]] bool uses_cython(const Recipe& recipe);

// Every module of the recipe, in its order. `stage` holds the sources (recipe_sources.hpp); objects
// and generated C files go into the folder `work`. A file that does not compile is ErrorCode::tool
// with what the compiler said; so is a module that needs what the runtime does not have.
[[nodiscard]] Expected<std::vector<BuiltModule>>
compile_modules_of(const Recipe& recipe, const Compilers& compilers,
                   const std::filesystem::path& stage, const std::filesystem::path& work,
                   const CancelToken& cancel, const Report& report);

} // namespace pymode

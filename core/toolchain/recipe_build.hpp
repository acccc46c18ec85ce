// SPDX-License-Identifier: MIT
// A recipe and its sources → a wheel. The one implementation: the program recipe-builder makes the
// wheels inside the executable with it, `pymode recipe build` those of users.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/toolchain/recipe.hpp"
#include "core/toolchain/recipe_compile.hpp"
#include "core/toolchain/recipe_sources.hpp"
#include "core/toolchain/recipe_wheel.hpp"

namespace pymode {

struct BuiltPart {
    std::string module; // "markupsafe._speedups"
    std::uint64_t bytes = 0;
};

struct BuiltWheel {
    std::string name; // normalised
    std::string version;
    std::string test; // the recipe's
    Wheel wheel;
    std::vector<BuiltPart> parts;
};

// `source` is a folder or the recipe's source distribution. The same recipe, sources and compilers
// give the same bytes.
[[nodiscard]] Expected<BuiltWheel> build_recipe(const Recipe& recipe,
                                                const std::filesystem::path& source,
                                                const VendoredSources& vendored,
                                                const Compilers& compilers,
                                                const CancelToken& cancel, const Report& report);

// The folder with what an archive of the executable holds: CPython's headers (Compilers::sdk),
// vendored sources. Unpacked once, below `cache`; its name begins with `name`.
[[nodiscard]] Expected<std::filesystem::path> unpack_once(ByteView archive, std::string_view name,
                                                          const std::filesystem::path& cache);

} // namespace pymode

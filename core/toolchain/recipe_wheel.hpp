// SPDX-License-Identifier: MIT
// The wheel of a recipe: Python files of the sources, compiled modules, dist-info.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/toolchain/recipe.hpp"
#include "core/toolchain/recipe_compile.hpp"

namespace pymode {

// Python 3.13, and version 1 of our own ABI for side modules.
inline constexpr std::string_view kWheelTag = "cp313-cp313-pymode_1_wasm32";

struct Wheel {
    std::string filename; // "markupsafe-3.0.4-cp313-cp313-pymode_1_wasm32.whl"
    Bytes bytes;
};

// The same sources and modules give the same bytes.
[[nodiscard]] Expected<Wheel> pack_wheel(const Recipe& recipe, const std::filesystem::path& stage,
                                         std::span<const BuiltModule> modules);

} // namespace pymode

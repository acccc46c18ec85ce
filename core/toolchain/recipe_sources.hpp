// SPDX-License-Identifier: MIT
// The sources of a recipe, laid out to be compiled.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/toolchain/recipe.hpp"

namespace pymode {

using VendoredSources = std::map<std::string, std::filesystem::path, std::less<>>;

// Fills the empty folder `stage` with the sources: those of `source` (a folder, or a source
// distribution whose size and sha256 must be the recipe's) with the recipe's edits, and each
// vendored source below `vendored/NAME`. What it came from is not changed.
[[nodiscard]] Expected<> stage_sources(const Recipe& recipe, const std::filesystem::path& source,
                                       const VendoredSources& vendored,
                                       const std::filesystem::path& stage);

// A path of the recipe relative to the stage: "@libyaml/src/api.c" → "vendored/libyaml/src/api.c".
[[nodiscard]] std::string staged_path(std::string_view path);

// The METADATA of the wheel: the PKG-INFO of a source distribution as it is, else made from the
// [project] table of pyproject.toml. Name and version are checked against the recipe.
[[nodiscard]] Expected<std::string> staged_metadata(const Recipe& recipe,
                                                    const std::filesystem::path& stage);

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "core/base/error.hpp"
#include "core/bundle/bundle.hpp"

namespace pymode {

// An error when `folder` exists and is neither empty nor an earlier bundle: `--out src` must not
// cost anybody their sources. Asked before a build, so that the answer comes at once.
Expected<> check_bundle_folder(const std::filesystem::path& folder);

// Writes the modules and metadata.json to `folder`, all or nothing, in the place of
// what `check_bundle_folder` allows.
Expected<> write_bundle(const Bundle& bundle, const std::filesystem::path& folder);

} // namespace pymode

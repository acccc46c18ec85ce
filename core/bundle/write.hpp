// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "core/base/error.hpp"
#include "core/bundle/bundle.hpp"

namespace pymode {

// Writes the modules and metadata.json to `folder`, all or nothing. A folder that exists is only
// replaced when it is empty or an earlier bundle: `--out src` must not cost anybody their sources.
Expected<> write_bundle(const Bundle& bundle, const std::filesystem::path& folder);

} // namespace pymode

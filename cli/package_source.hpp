// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "cli/package_options.hpp"
#include "core/base/environment.hpp"
#include "core/packaging/index/default_index.hpp"
#include "core/packaging/index/package_index.hpp"
#include "core/packaging/requirements_file.hpp"
#include "core/project/packaging_config.hpp"

namespace pymode {

struct SourceInputs {
    const SourceFlags& flags;
    const PackagingConfig& config;
    const RequirementsFile& files;
    const std::filesystem::path& root;
    const Env& env;
};

// Which indexes are asked, in this order: --index, [[tool.pymode.index]], --extra-index-url, and
// last the default: --index-url, PYMODE_INDEX_URL, the default of [[tool.pymode.index]], pip's own.
// Wheelhouse, cache and debugging are the caller's.
Expected<PackageIndexOptions> package_source_options(const SourceInputs& inputs);

} // namespace pymode

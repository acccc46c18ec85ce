// SPDX-License-Identifier: MIT
// What checking wheels found, kept for the next installation of the same wheel in any project.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/log.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/state.hpp"

namespace pymode {

class PreparedCache {
  public:
    // `root` is the cache's folder; an empty one keeps nothing.
    explicit PreparedCache(const std::filesystem::path& root, Log log = {});

    // What decides about the result, as a file name. Nothing when the wheel's SHA-256 is not known.
    [[nodiscard]] static std::string key(const InstallItem& item, const InstallOptions& options);

    // Nothing when it is not there or not what was written; that is no error.
    [[nodiscard]] std::optional<PreparedState> load(const std::string& key) const;

    // A cache that cannot be written to makes the next install slower, so that is logged only.
    void store(const std::string& key, const PreparedState& state) const;

  private:
    std::filesystem::path m_folder;
    Log m_log;
};

} // namespace pymode

// SPDX-License-Identifier: MIT
// Prepared wheels on disk, shared by all projects and by parallel runs: each file is written under
// a name of its own and renamed, and carries a hash of itself, so that half a file or an altered
// one is never taken.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/prepare.hpp"

namespace pymode {

class PreparedCache {
  public:
    // An empty folder keeps nothing.
    explicit PreparedCache(const std::filesystem::path& folder);

    // What decides about a prepared wheel's bytes, as a file name. Nothing when the wheel's SHA-256
    // is not known.
    [[nodiscard]] static std::string key(const InstallItem& item, const InstallOptions& options);

    // Nothing when it is not there or not what was written; that is no error.
    [[nodiscard]] std::optional<PreparedWheel> load(const std::string& key) const;

    // A cache that cannot be written to makes the next install slower, so this reports nothing.
    void store(const std::string& key, const PreparedWheel& wheel) const;

    // Removes temporary files of runs that were killed.
    void clean() const;

  private:
    std::filesystem::path m_folder;
};

} // namespace pymode

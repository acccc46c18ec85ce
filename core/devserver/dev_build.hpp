// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/app_archive.hpp"
#include "core/bundle/assets.hpp"
#include "core/bundle/bundle.hpp"
#include "core/project/dev_vars.hpp"
#include "core/project/project.hpp"

namespace pymode {

// `.dev.vars` of the project with `overrides` over it; no file is no error.
Expected<std::vector<DevVar>> read_dev_vars(const Project& project,
                                            std::span<const DevVar> overrides);

// The bundle's folder of a dev session, kept as the project is.
class DevBuild {
  public:
    DevBuild(std::filesystem::path folder, std::span<const Asset> assets, CompileFunction compile,
             BytecodeOptions bytecode = {})
        : m_folder(std::move(folder)), m_assets(assets), m_compile(std::move(compile)),
          m_bytecode(std::move(bytecode)) {}

    // Builds, and writes what differs from the last time. True when anything does.
    Expected<bool> update(const Project& project);

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }

  private:
    // True when the file has to be written; remembers its content by its hash.
    bool is_new(const std::string& name, ByteView bytes);
    [[nodiscard]] bool is_asset(std::string_view name) const;
    // Which side modules there are follows the project; true when something was written or removed.
    Expected<bool> update_assets(const Bundle& bundle, bool written);
    // Packages come and go with the project's dependencies; true when a part of one was removed.
    Expected<bool> remove_stale(const Bundle& bundle);

    std::filesystem::path m_folder;
    std::span<const Asset> m_assets;
    CompileFunction m_compile;
    BytecodeOptions m_bytecode;
    std::map<std::string, std::string> m_hashes;
    std::set<std::string, std::less<>> m_written; // the runtime's files in the folder
};

} // namespace pymode

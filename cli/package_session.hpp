// SPDX-License-Identifier: MIT
// What a command about packages works with: the project, its files, the source of packages.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/package_options.hpp"
#include "core/base/console.hpp"
#include "core/base/file.hpp"
#include "core/bundle/wheelhouse.hpp"
#include "core/packaging/project_files.hpp"
#include "core/packaging/requirements_file.hpp"
#include "core/packaging/sync.hpp"
#include "core/packaging/workflow.hpp"

namespace pymode {

// The version of the runtime's Python, of its manifest: "3.13.5".
Expected<std::string> runtime_python(std::span<const Asset> assets);
Expected<Target> package_target(std::span<const Asset> assets);

// The extras and groups that are installed now stay chosen, as far as the project still has them.
void keep_selection(const fs::path& root, const ProjectInputs& inputs, InstallSettings& settings);

class PackageSession {
  public:
    // Finds the project, waits until no other command works on it, reads its files.
    static Expected<std::unique_ptr<PackageSession>> open(CliContext& context,
                                                          const PackageFlags& flags);
    ~PackageSession();
    PackageSession(const PackageSession&) = delete;
    PackageSession& operator=(const PackageSession&) = delete;

    [[nodiscard]] const fs::path& root() const { return m_root; }
    [[nodiscard]] const ProjectTexts& texts() const { return m_texts; }
    [[nodiscard]] const Target& target() const { return *m_target; }

    // The inputs of an edited or unchanged pyproject.toml; what it warns about is shown once.
    Expected<ProjectInputs> inputs(std::string_view pyproject);

    // Reads -r and -c files; what they say about indexes counts for this command.
    Expected<RequirementsFile> read_files(const std::vector<std::string>& requirements,
                                          const std::vector<std::string>& constraints);

    // How to lock and to install what `inputs` says, by flags, then [tool.pymode], then the old
    // lock.
    Expected<LockRequestOptions> lock_options(const ProjectInputs& inputs,
                                              const RequirementsFile& files);
    Expected<InstallSettings> install_settings(const ProjectInputs& inputs);

    // Runs it, with the source of packages that `config` describes, and shows the progress.
    Expected<SyncOutcome> sync(const SyncRequest& request, const PackagingConfig& of_project,
                               const RequirementsFile& files);

  private:
    PackageSession(CliContext& context, const PackageFlags& flags, fs::path root, FileLock lock);
    Expected<> open_cache();
    Expected<> read_user();
    [[nodiscard]] std::vector<std::string> known_names() const;
    Expected<std::unique_ptr<PackageSource>> make_source(const PackagingConfig& of_project,
                                                         const RequirementsFile& files);

    CliContext& m_context;
    const PackageFlags& m_flags;
    fs::path m_root;
    FileLock m_lock;
    ProjectTexts m_texts;
    std::optional<Target> m_target;
    fs::path m_cache;
    std::optional<TempDir> m_temporary_cache;
    std::optional<Wheelhouse> m_wheelhouse;
    PackagingConfig m_user; // the user's own configuration
    bool m_warned = false;
};

} // namespace pymode

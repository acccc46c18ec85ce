// SPDX-License-Identifier: MIT
// From a project to its installed packages: lock, then install. What touches the world comes in
// from outside, so that tests run the whole of it in memory.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/packaging/edit/pyproject_edit.hpp"
#include "core/packaging/edit/requirement_text.hpp"
#include "core/packaging/hash_demand.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/lock_file.hpp"
#include "core/packaging/package_source.hpp"
#include "core/packaging/project_inputs.hpp"
#include "core/packaging/resolution.hpp"

namespace pymode {

struct PackageTools {
    PackageSource& source;
    // `resolve` of core/packaging/resolve.
    std::function<Expected<Resolution>(const ResolveRequest&, PackageSource&)> resolve;
    // `install_wheels` of core/packaging/install.
    std::function<Expected<InstallReport>(std::span<const InstallItem>, const InstallOptions&,
                                          const std::filesystem::path& target)>
        install;
    std::function<Expected<std::optional<InstalledState>>(const std::filesystem::path&)>
        read_installed;
    std::function<void(const FetchProgress&)> on_fetch; // may be empty
    const Clock& clock;
};

// --- locking

enum class LockMode {
    update, // resolve when the lock does not fit the project
    locked, // that is an error
    frozen, // the lock is taken as it is
};

struct LockRequestOptions {
    LockMode mode = LockMode::update;
    LockSettings settings;
    bool upgrade_all = false;
    std::vector<pep::Requirement> upgrades;    // -P: these may change, within their specifiers
    std::vector<pep::Requirement> constraints; // -c: for this resolution
    HashDemands hashes;
    bool require_hashes = false;
    bool ignore_requires_python = false;
    std::function<std::vector<std::string>()> known_names{}; // ResolveRequest::known_names
};

struct LockOutcome {
    pep::Lock lock;
    std::string text;
    bool resolved = false; // the resolver ran
    bool changed = false;  // differs from what is on disk
    std::chrono::milliseconds time{0};
    std::vector<std::string> warnings;
    // Name → what this run resolved with; a lock that was taken as it is has none.
    std::map<std::string, std::shared_ptr<const pep::CoreMetadata>, std::less<>> metadata;
};

// `old_text` is the lock on disk, nothing when there is none. Writes nothing.
Expected<LockOutcome> lock_project(const ProjectInputs& inputs, const Target& target,
                                   const std::optional<std::string>& old_text,
                                   const LockRequestOptions& options, PackageTools& tools);

// --- changing pyproject.toml

struct AddRequest {
    edit::DependencyList list;
    std::vector<edit::NewRequirement> requirements;
    // Package (normalised) → the path of its wheel, relative to the project: goes to
    // [tool.pymode.sources].
    std::map<std::string, std::string, std::less<>> paths;
    edit::Bounds bounds = edit::Bounds::lower;
};

struct AddOutcome {
    std::string text;
    std::vector<std::string> written; // the requirements as they stand in the file now
};

// All of them, or an error. With `lock`, requirements that are new and name no versions get bounds
// by what is locked.
Expected<AddOutcome> add_to_project(std::string_view text, const AddRequest& request,
                                    const pep::Lock* lock);

// --- installing

struct InstallChange {
    enum class Kind { added, removed };
    Kind kind = Kind::added;
    InstalledPackage package;
    friend bool operator==(const InstallChange&, const InstallChange&) = default;
};

struct InstallSettings {
    LockSelection selection;
    bool trim = true;
    Check record = Check::reject;
    Check metadata = Check::reject;
    std::filesystem::path cache; // keeps what checking wheels found
    Log log = {};
};

// Where the installed packages of a project are.
std::filesystem::path site_packages_path(const std::filesystem::path& root);

// What an install would do, without doing it.
struct InstallPlan {
    std::vector<LockedItem> items;
    std::vector<std::string> resolved_metadata; // by item: InstallItem::resolved_metadata
    std::vector<InstallChange> changes;         // by name; of one name what goes before what comes
    std::string digest;                         // of the items and settings, kept in the archive
    bool up_to_date = false;
};

Expected<InstallPlan> plan_install(const ProjectInputs& inputs, const Target& target,
                                   const LockOutcome& lock, const InstallSettings& settings,
                                   PackageTools& tools);

// The selection that the installed packages were made with; nothing when nothing is installed.
std::optional<LockSelection> selection_of(const InstalledState& state);

struct FetchOutcome {
    std::size_t fetched = 0; // wheels that were not in the cache
    std::chrono::milliseconds fetch_time{0};
    std::chrono::milliseconds install_time{0};
    InstallReport report;
};

// Fetches and builds the archive at `target`.
Expected<FetchOutcome> run_install(const ProjectInputs& inputs, const Target& runtime,
                                   const InstallPlan& plan, const InstallSettings& settings,
                                   const std::filesystem::path& target, PackageTools& tools);

} // namespace pymode

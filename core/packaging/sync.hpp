// SPDX-License-Identifier: MIT
// The whole of add, remove, lock and install: edit, lock, install, and all of it put in place at
// the end or not at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/packaging/project_files.hpp"
#include "core/packaging/workflow.hpp"

namespace pymode {

struct SyncRequest {
    std::filesystem::path root;
    ProjectTexts before;
    // The edited pyproject.toml; nothing: it stays as it is. With `add` it is what `add` makes of
    // `before`, without bounds.
    std::optional<std::string> pyproject;
    std::optional<AddRequest> add;
    Target target;
    LockRequestOptions lock;
    bool install = true;
    InstallSettings settings;
    bool dry_run = false;
};

struct SyncOutcome {
    LockOutcome lock;
    std::optional<pep::Lock> old_lock; // when there was a readable one
    InstallPlan plan;                  // empty without `install`
    std::optional<FetchOutcome> done;  // nothing: nothing had to be installed, or a dry run
    std::vector<std::string> written;  // by `add`
};

// On an error, and when `cancel` asks to stop before everything is ready, all files are what they
// were. The caller holds lock_project_folder.
Expected<SyncOutcome> sync_project(const SyncRequest& request, PackageTools& tools,
                                   const CancelToken& cancel);

} // namespace pymode

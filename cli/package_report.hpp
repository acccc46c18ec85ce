// SPDX-License-Identifier: MIT
// What the package commands say at their end.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "core/packaging/sync.hpp"

namespace pymode {

// "Resolved 12 packages in 84 ms", "Installed …", " + name==1.2": to stderr.
void report_sync(const SyncRequest& request, const SyncOutcome& outcome, CliContext& context);

// What changed between two locks: "updated a 1.0 → 2.0".
void report_lock_changes(const SyncOutcome& outcome, CliContext& context);

// The result for --json: what is locked, what was installed and removed.
nlohmann::ordered_json sync_json(const SyncRequest& request, const SyncOutcome& outcome);

} // namespace pymode

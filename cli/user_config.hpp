// SPDX-License-Identifier: MIT
// The user's own configuration file: where packages come from on this machine, and how versions are
// chosen for a new lock. docs/packages.md describes it.
#pragma once

#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/project/packaging_config.hpp"

namespace pymode {

// $XDG_CONFIG_HOME/pymode/pymode.toml, else ~/.config/pymode/pymode.toml, with keys of
// [tool.pymode] at its top; the defaults when there is none. Relative places of find-links become
// absolute. Keys that are unknown, or a project's alone, are added to `warnings`.
// ErrorCode::config with the place for wrong values.
[[nodiscard]] Expected<PackagingConfig> read_user_config(const Env& env,
                                                         std::vector<std::string>& warnings);

// The project's configuration for finding packages, with what the user's adds: indexes and
// find-links behind the project's, a default index and an index-strategy where it names none.
[[nodiscard]] PackagingConfig with_user_config(PackagingConfig project,
                                               const PackagingConfig& user);

} // namespace pymode

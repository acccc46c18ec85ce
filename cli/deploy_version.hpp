// SPDX-License-Identifier: MIT
// What `rollback` and `versions deploy` share.
#pragma once

#include <string>

#include "cli/cloudflare_session.hpp"
#include "core/cloudflare/deployments.hpp"

namespace pymode {

// Deploys uploaded versions. When secrets have changed since one of them, it says so and asks
// whether to go on, unless `yes`. The result is the deployment's id.
[[nodiscard]] Expected<std::string> deploy_versions(CliContext& context, WorkerAccess& access,
                                                    NewDeployment wanted, const std::string& live,
                                                    bool yes);

// "90 % of 1f3c…, 10 % of 77ab…"
std::string describe_shares(const std::vector<VersionShare>& shares);

// ErrorCode::usage when the text is no id of a version.
[[nodiscard]] Expected<> check_version_id(const std::string& id);

// ErrorCode::usage when the text is too long for Cloudflare.
[[nodiscard]] Expected<> check_message(const std::string& message);

} // namespace pymode

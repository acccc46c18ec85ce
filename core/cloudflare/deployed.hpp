// SPDX-License-Identifier: MIT
// What Cloudflare knows about a Worker before it is deployed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/deployments.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

struct DeployedWorker {
    bool exists = false;
    std::string migration_tag; // of the last migration that was applied; empty: none
    std::string deployed_from; // "wrangler", "dash", "api"
    std::vector<std::string> secrets;
    Deployment live;       // without an id when nothing was deployed
    std::string subdomain; // the account's name below workers.dev; only asked for when it is wanted
};

// Asks everything side by side. An account without a name below workers.dev, where one is needed,
// is an Error.
Expected<DeployedWorker> ask_deployed(CloudflareApi& api, const std::string& account,
                                      const WorkerConfig& worker);

// The account's name below workers.dev. An account without one is an Error.
Expected<std::string> ask_subdomain(CloudflareApi& api, const std::string& account);

// The tag of the last migration; empty also when there is no such Worker.
Expected<std::string> ask_migration_tag(CloudflareApi& api, const WorkerId& worker);

// What answers now; without an id when nothing does.
Expected<Deployment> ask_live(CloudflareApi& api, const WorkerId& worker);

// "version 1b2c…", "versions 1b2c… (90 %) and 9f… (10 %)", "no version".
std::string describe_versions(const Deployment& deployment);

// "77484c9d8c4f4ceea072c695fac5fa6a" → "77484c9d-8c4f-4cee-a072-c695fac5fa6a"; other text as it is.
std::string as_uuid(std::string_view hex);

} // namespace pymode

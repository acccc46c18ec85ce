// SPDX-License-Identifier: MIT
// Deployments of a Worker: which versions answer requests, and since when.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {

inline constexpr std::size_t kMaxMessageBytes = 1000; // of a deployment's message

struct VersionShare {
    std::string version_id;
    double percentage = 100;

    bool operator==(const VersionShare&) const = default;
};

// Texts are safe for a terminal; what Cloudflare does not say is empty.
struct Deployment {
    std::string id;
    std::string created_on; // RFC 3339
    std::string author;
    std::string source;
    std::string message;      // given by the user
    std::string triggered_by; // "secret", "rollback"
    std::vector<VersionShare> versions;
};

// The same from the result of GET …/deployments.
std::vector<Deployment> read_deployments(const nlohmann::json& result);

// Newest first: what is live, and as many before it as Cloudflare tells.
Expected<std::vector<Deployment>> list_deployments(CloudflareApi& api, const WorkerId& worker);

// The version that the newest earlier deployment gave all requests to and that is not live alone
// now; `deployments` as list_deployments has them.
std::optional<std::string> rollback_target(std::span<const Deployment> deployments);

struct NewDeployment {
    std::vector<VersionShare> versions; // one or two, together 100 %
    std::string message{};              // may be empty
    bool over_changed_secrets = false;  // go on although secrets have changed since
    // Of Durable Objects; null: as Cloudflare does it.
    nlohmann::json code_update_strategy{};
};

struct DeploymentOutcome {
    std::string id; // of the new deployment; empty when there is none
    // Why Cloudflare wants `over_changed_secrets`: its own words, with the secrets' names.
    std::string changed_secrets;
};

// `live` is the id of the newest deployment before. An answer that is lost is looked for, so that
// there are never two deployments of one call.
Expected<DeploymentOutcome> create_deployment(CloudflareApi& api, const WorkerId& worker,
                                              const NewDeployment& wanted, const std::string& live);

} // namespace pymode

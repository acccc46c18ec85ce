// SPDX-License-Identifier: MIT
// Deletes a Worker, and says beforehand what goes with it and who would miss it.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {

struct WorkerUses {
    // Sentences about other Workers that would break: "api calls it through its binding BACKEND".
    std::vector<std::string> dependents;
    // Classes of Durable Objects whose stored data would be deleted.
    std::vector<std::string> object_classes;
};

// A Worker that does not exist is ErrorCode::not_found.
Expected<WorkerUses> find_worker_uses(CloudflareApi& api, const WorkerId& worker);

enum class AlsoIfUsed { no, yes };

// With its versions, routes, secrets and the data of its Durable Objects.
Expected<> delete_worker(CloudflareApi& api, const WorkerId& worker, AlsoIfUsed also_if_used);

} // namespace pymode

// SPDX-License-Identifier: MIT
// The KV namespaces, R2 buckets, D1 databases and queues that bindings mean without naming them by
// an id: which ones they are, and making those that do not exist.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

struct Resource {
    enum class State {
        bound,   // the deployed Worker has it under this binding
        found,   // it exists, by its name
        assumed, // the configuration names it, and the token may not look whether it exists
        missing, // it does not exist
        created, // it did not, and was made
    };

    const BindingKind* kind = nullptr; // never nullptr
    std::string binding;               // empty: a queue that is consumed, or takes dead letters
    std::string name; // the title, bucket, database or queue; may be empty if bound
    std::string id;   // what the binding is given; empty while it is missing
    State state = State::missing;
    // The configuration does not have the id: it can be written there (write_ids.hpp).
    bool is_new_to_configuration = false;
    SourceLocation where; // the binding's table; of queues without a binding unknown
};

// "bound", "found", "assumed", "missing", "created".
std::string_view resource_state_name(Resource::State state);

// "KV namespace my-worker-cache" for sentences, safe for a terminal.
std::string describe(const Resource& resource);

struct ProvisionHooks {
    std::function<void(std::string_view step)> on_step; // before each search and each creation
    std::function<void()> on_making;                    // before each creation
    std::function<void(const Resource& resource)> on_made;
};

// Looks up every resource that the configuration does not say completely: bindings without their
// id, and R2 buckets and queues, which are named but may not exist. Reads only. In this order: what
// the deployed Worker has under the same binding; a resource of the configured name
// (`bucket_name`, `database_name`, `queue`); one of the name "<worker>-<binding in kebab case>",
// which is wrangler's. Nothing is asked when there is nothing to look up.
// Errors: those of the API; ErrorCode::config at the table of a binding of another kind that lacks
// its resource and is not bound yet.
Expected<std::vector<Resource>> find_resources(CloudflareApi& api, const std::string& account,
                                               const WorkerConfig& worker,
                                               const ProvisionHooks& hooks = {});

struct Provisioned {
    WorkerConfig worker;             // every binding with its id
    std::vector<Resource> resources; // none is missing
};

enum class MayCreate { no, yes };

// find_resources, and makes what is missing. Without MayCreate::yes that is an error
// (ErrorCode::config) which points at the binding's table and hints at `pymode deploy --provision`.
// Making one is a POST that has no effect twice only because of the name: when its answer is lost
// or unclear, the resource is looked for before the call is repeated, so there is never a second
// one. What was made before a failure stays, and a second run finds it.
Expected<Provisioned> provision(CloudflareApi& api, const std::string& account,
                                const WorkerConfig& worker, MayCreate may_create,
                                const ProvisionHooks& hooks = {});

// The configuration with the ids of the resources in its bindings.
WorkerConfig with_ids(WorkerConfig worker, const std::vector<Resource>& resources);

} // namespace pymode

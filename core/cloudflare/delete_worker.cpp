// SPDX-License-Identifier: MIT
#include "core/cloudflare/delete_worker.hpp"

#include <fmt/format.h>

#include "core/cloudflare/json_member.hpp"

namespace pymode {
namespace {

Expected<> add_references(CloudflareApi& api, const WorkerId& worker, WorkerUses& uses) {
    const Expected<nlohmann::json> result =
        call_worker(api, worker, {.path = script_path(worker) + "/references"},
                    "tell what depends on the Worker");
    if (!result) {
        return propagate(result);
    }
    for (const nlohmann::json& use :
         items_of(member_of(member_of(*result, "services"), "incoming"))) {
        uses.dependents.push_back(fmt::format("{} calls it through its binding {}",
                                              text_of(use, "service"), text_of(use, "name")));
    }
    for (const nlohmann::json& use : items_of(member_of(*result, "durable_objects"))) {
        uses.dependents.push_back(fmt::format(
            "{} uses its Durable Objects {} through its binding {}", text_of(use, "service"),
            text_of(use, "durable_object_namespace_name"), text_of(use, "name")));
    }
    for (const nlohmann::json& use : items_of(member_of(*result, "dispatch_outbounds"))) {
        uses.dependents.push_back(fmt::format(
            "the dispatch namespace {} sends its requests through it", text_of(use, "namespace")));
    }
    return {};
}

Expected<> add_tailed(CloudflareApi& api, const WorkerId& worker, WorkerUses& uses) {
    const Expected<std::vector<nlohmann::json>> tailed =
        api.list(fmt::format("/accounts/{}/workers/tails/by-consumer/{}", worker.account,
                             percent_encoded(worker.name)),
                 "tell whose logs the Worker takes");
    if (!tailed) {
        return propagate(tailed);
    }
    for (const nlohmann::json& one : *tailed) {
        const nlohmann::json& producer = member_of(one, "producer");
        const std::string script = text_of(producer, "script");
        uses.dependents.push_back(fmt::format(
            "{} sends its logs to it", script.empty() ? text_of(producer, "service") : script));
    }
    return {};
}

Expected<> add_classes(CloudflareApi& api, const WorkerId& worker, WorkerUses& uses) {
    const Expected<std::vector<nlohmann::json>> spaces =
        api.list(fmt::format("/accounts/{}/workers/durable_objects/namespaces?per_page=1000",
                             worker.account),
                 "list the Durable Objects");
    if (!spaces) {
        return propagate(spaces);
    }
    for (const nlohmann::json& space : *spaces) {
        if (text_of(space, "script") == worker.name) {
            uses.object_classes.push_back(text_of(space, "class"));
        }
    }
    return {};
}

} // namespace

Expected<WorkerUses> find_worker_uses(CloudflareApi& api, const WorkerId& worker) {
    WorkerUses uses;
    for (const auto add : {add_references, add_tailed, add_classes}) {
        if (Expected<> added = add(api, worker, uses); !added) {
            return propagate(added);
        }
    }
    return uses;
}

Expected<> delete_worker(CloudflareApi& api, const WorkerId& worker, AlsoIfUsed also_if_used) {
    const Expected<ApiAnswer> answer = api.send(
        {.method = "DELETE",
         .path = fmt::format("/accounts/{}/workers/services/{}?force={}", worker.account,
                             percent_encoded(worker.name), also_if_used == AlsoIfUsed::yes)});
    if (!answer) {
        return propagate(answer, "whether it is deleted is not known; run the command again");
    }
    if (answer->success) {
        return {};
    }
    Error error = worker_error(*answer, worker, "delete the Worker");
    // The attempt before has deleted it.
    const bool gone = error.code == ErrorCode::not_found && answer->attempts > 1;
    if (gone) {
        return {};
    }
    if (also_if_used == AlsoIfUsed::no && error.code == ErrorCode::api) {
        error.hint =
            "if something else depends on the Worker, `--force` deletes it in spite of that";
    }
    return std::unexpected(std::move(error));
}

} // namespace pymode

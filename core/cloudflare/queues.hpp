// SPDX-License-Identifier: MIT
// Queues of the account, and the Workers that take their messages.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

struct QueueConsumerInfo {
    std::string id;
    std::string script;            // empty: it is no Worker
    nlohmann::json settings;       // an object; batch_size, max_wait_time_ms, …
    std::string dead_letter_queue; // empty: none
};

struct Queue {
    std::string id;
    std::string name;
    std::vector<QueueConsumerInfo> consumers;
};

// The request that asks for a queue by its name, and the queue in its answer; nothing when there is
// none of that name.
ApiRequest queue_request(const std::string& account, const std::string& name);
Expected<std::optional<Queue>> queue_in(const nlohmann::json& result, const std::string& name);

Expected<std::optional<Queue>> find_queue(CloudflareApi& api, const std::string& account,
                                          const std::string& name);

// What the configuration says about a consumer, as the API takes it: "settings" and
// "dead_letter_queue". What it does not say is not there.
nlohmann::json consumer_settings(const QueueConsumer& consumer);

// Makes the Worker a consumer of the queue, or changes how it is one. ErrorCode::not_found when
// there is no such queue. A lost answer is no second consumer: the queue is looked at again first.
Expected<> put_consumer(CloudflareApi& api, const std::string& account, const std::string& script,
                        const QueueConsumer& consumer);

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/queues.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"

namespace pymode {
namespace {

constexpr int kServerFailure = 500;

QueueConsumerInfo consumer_from(const nlohmann::json& item) {
    QueueConsumerInfo consumer;
    consumer.id = text_of(item, "consumer_id");
    // The API has had both names for it.
    consumer.script = text_of(item, "script");
    if (consumer.script.empty()) {
        consumer.script = text_of(item, "script_name");
    }
    if (consumer.script.empty()) {
        consumer.script = text_of(item, "service");
    }
    consumer.dead_letter_queue = text_of(item, "dead_letter_queue");
    const nlohmann::json& settings = member_of(item, "settings");
    consumer.settings = settings.is_object() ? settings : nlohmann::json::object();
    return consumer;
}

const QueueConsumerInfo* consumer_of(const Queue& queue, const std::string& script) {
    const auto found = std::ranges::find(queue.consumers, script, &QueueConsumerInfo::script);
    return found == queue.consumers.end() ? nullptr : &*found;
}

Expected<Queue> existing_queue(CloudflareApi& api, const std::string& account,
                               const std::string& name) {
    Expected<std::optional<Queue>> queue = find_queue(api, account, name);
    if (!queue) {
        return propagate(queue);
    }
    if (!*queue) {
        return fail(ErrorCode::not_found,
                    fmt::format("the account has no queue {}", printable(name)),
                    "`pymode deploy --provision` makes it");
    }
    return std::move(**queue);
}

} // namespace

ApiRequest queue_request(const std::string& account, const std::string& name) {
    return {.path =
                fmt::format("/accounts/{}/queues?page=1&name={}", account, percent_encoded(name))};
}

Expected<std::optional<Queue>> queue_in(const nlohmann::json& result, const std::string& name) {
    for (const nlohmann::json& item : items_of(result)) {
        if (text_of(item, "queue_name") != name) {
            continue;
        }
        Queue queue{text_of(item, "queue_id"), name, {}};
        if (queue.id.empty()) {
            return fail(ErrorCode::api,
                        fmt::format("Cloudflare's answer has no id of the queue {}", name));
        }
        for (const nlohmann::json& consumer : items_of(member_of(item, "consumers"))) {
            queue.consumers.push_back(consumer_from(consumer));
        }
        return queue;
    }
    return std::nullopt;
}

Expected<std::optional<Queue>> find_queue(CloudflareApi& api, const std::string& account,
                                          const std::string& name) {
    Expected<nlohmann::json> found = api.call(queue_request(account, name),
                                              fmt::format("look the queue {} up", printable(name)));
    return found ? queue_in(*found, name) : propagate(found);
}

nlohmann::json consumer_settings(const QueueConsumer& consumer) {
    nlohmann::json settings = nlohmann::json::object();
    const auto add = [&](const char* key, const std::optional<int>& value, int factor = 1) {
        if (value) {
            settings[key] = std::int64_t{*value} * factor;
        }
    };
    add("batch_size", consumer.max_batch_size);
    add("max_retries", consumer.max_retries);
    add("max_wait_time_ms", consumer.max_batch_timeout, 1000);
    add("max_concurrency", consumer.max_concurrency);
    add("retry_delay", consumer.retry_delay);
    nlohmann::json body = {{"settings", std::move(settings)}};
    if (!consumer.dead_letter_queue.empty()) {
        body["dead_letter_queue"] = consumer.dead_letter_queue;
    }
    return body;
}

Expected<> put_consumer(CloudflareApi& api, const std::string& account, const std::string& script,
                        const QueueConsumer& consumer) {
    const std::string doing = fmt::format("make the Worker a consumer of {}", consumer.queue);
    for (const bool last : {false, true}) {
        // Again for the second attempt: the first one may have worked.
        Expected<Queue> queue = existing_queue(api, account, consumer.queue);
        if (!queue) {
            return propagate(queue);
        }
        ApiRequest request{.method = "POST",
                           .path = fmt::format("/accounts/{}/queues/{}/consumers", account,
                                               percent_encoded(queue->id))};
        if (const QueueConsumerInfo* present = consumer_of(*queue, script)) {
            request.method = "PUT";
            request.path += "/" + percent_encoded(present->id);
        }
        request.json = consumer_settings(consumer);
        (*request.json)["type"] = "worker";
        (*request.json)["script_name"] = script;
        Expected<ApiAnswer> answer = api.send(request);
        if (answer && answer->success) {
            return {};
        }
        Error error = answer ? api_error(*answer, doing) : std::move(answer.error());
        const bool certain =
            answer ? answer->status < kServerFailure : error.code == ErrorCode::cancelled;
        if (certain || last || request.method == "PUT") {
            return std::unexpected(std::move(error));
        }
    }
    return {};
}

} // namespace pymode

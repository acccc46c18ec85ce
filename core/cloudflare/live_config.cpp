// SPDX-License-Identifier: MIT
#include "core/cloudflare/live_config.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/queues.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/cloudflare/zones.hpp"

namespace pymode {
namespace {

using Json = nlohmann::json;

// Of an object's member; nothing when it is not there or something else.
std::optional<bool> flag_of(const Json& object, const char* key) {
    const Json& flag = member_of(object, key);
    return flag.is_boolean() ? std::optional(flag.get<bool>()) : std::nullopt;
}

std::vector<std::string> texts_in(const Json& list) {
    std::vector<std::string> texts;
    for (const Json& item : items_of(list)) {
        if (item.is_string()) {
            texts.push_back(item.get<std::string>());
        }
    }
    return texts;
}

class Fetcher {
  public:
    Fetcher(CloudflareApi& api, const std::string& account, const WorkerConfig& worker)
        : m_api(api), m_account(account), m_worker(worker),
          m_script(script_path({account, worker.name})) {}

    Expected<WorkerState> run() {
        Expected<bool> exists = settings();
        if (!exists) {
            return propagate(exists);
        }
        m_state.exists = *exists;
        if (*exists) {
            for (const auto part : {&Fetcher::workers_dev, &Fetcher::schedules, &Fetcher::routes,
                                    &Fetcher::domains, &Fetcher::consumers}) {
                if (Expected<> read = (this->*part)(); !read) {
                    return propagate(read);
                }
            }
        }
        return std::move(m_state);
    }

  private:
    // What the API refuses is noted; other failures are the caller's.
    template <class T> Expected<> refused(std::string_view what, const Expected<T>& failed) {
        const Error& error = failed.error();
        if (error.code != ErrorCode::api && error.code != ErrorCode::not_found) {
            return propagate(failed);
        }
        m_state.unknown.push_back(
            fmt::format("{}: {}{}", what, error.message,
                        error.notes.empty() ? "" : ": " + error.notes.front()));
        return {};
    }

    Expected<bool> settings() {
        Expected<ApiAnswer> answer = m_api.send({.path = m_script + "/settings"});
        if (!answer) {
            return propagate(answer);
        }
        if (is_no_worker(*answer)) {
            return false;
        }
        if (!answer->success) {
            return std::unexpected(api_error(*answer, "tell the settings of the deployed Worker"));
        }
        m_state.bindings = bindings_by_name(member_of(answer->result, "bindings"));
        m_state.compatibility_date = text_of(answer->result, "compatibility_date");
        m_state.compatibility_flags = texts_in(member_of(answer->result, "compatibility_flags"));
        m_state.settings = std::move(answer->result);
        return true;
    }

    Expected<> workers_dev() {
        Expected<Json> found =
            m_api.call({.path = m_script + "/subdomain"}, "tell whether workers.dev is on");
        if (!found) {
            return refused("workers.dev", found);
        }
        m_state.workers_dev = flag_of(*found, "enabled");
        m_state.previews = flag_of(*found, "previews_enabled");
        return {};
    }

    Expected<> schedules() {
        if (!m_worker.crons) {
            return {};
        }
        Expected<Json> found = m_api.call({.path = m_script + "/schedules"}, "tell the schedules");
        if (!found) {
            return refused("the schedules", found);
        }
        m_state.crons.emplace();
        for (const Json& item : items_of(member_of(*found, "schedules"))) {
            m_state.crons->push_back(text_of(item, "cron"));
        }
        return {};
    }

    Expected<> routes() {
        ZoneFinder zones(m_api, m_account);
        std::set<std::string> seen;
        std::vector<std::string> patterns;
        for (const Route& route : m_worker.routes) {
            if (route.custom_domain) {
                continue;
            }
            Expected<std::string> zone = zones.zone_of(route);
            if (!zone) {
                return refused("the routes", zone);
            }
            if (!seen.insert(*zone).second) {
                continue;
            }
            Expected<std::vector<ZoneRoute>> there = zones.routes_in(*zone);
            if (!there) {
                return refused("the routes", there);
            }
            for (const ZoneRoute& found : *there) {
                if (found.script == m_worker.name) {
                    patterns.push_back(found.pattern);
                }
            }
        }
        if (!seen.empty()) {
            m_state.routes = std::move(patterns);
        }
        return {};
    }

    Expected<> domains() {
        if (std::ranges::none_of(m_worker.routes, &Route::custom_domain)) {
            return {};
        }
        Expected<std::vector<Json>> found =
            m_api.list(fmt::format("/accounts/{}/workers/domains?service={}", m_account,
                                   percent_encoded(m_worker.name)),
                       "list the custom domains");
        if (!found) {
            return refused("the custom domains", found);
        }
        m_state.domains.emplace();
        for (const Json& domain : *found) {
            m_state.domains->push_back(text_of(domain, "hostname"));
        }
        return {};
    }

    Expected<> consumers() {
        WorkerState::ByName consumers;
        for (const QueueConsumer& wanted : m_worker.consumers) {
            Expected<std::optional<Queue>> queue = find_queue(m_api, m_account, wanted.queue);
            if (!queue) {
                return refused("the queue consumers", queue);
            }
            if (!*queue) {
                continue;
            }
            for (const QueueConsumerInfo& consumer : (*queue)->consumers) {
                if (consumer.script == m_worker.name) {
                    consumers[wanted.queue] = {{"settings", consumer.settings}};
                    if (!consumer.dead_letter_queue.empty()) {
                        consumers[wanted.queue]["dead_letter_queue"] = consumer.dead_letter_queue;
                    }
                }
            }
        }
        m_state.consumers = std::move(consumers);
        return {};
    }

    CloudflareApi& m_api;
    const std::string& m_account;
    const WorkerConfig& m_worker;
    std::string m_script;
    WorkerState m_state;
};

} // namespace

Expected<WorkerState> fetch_live_state(CloudflareApi& api, const std::string& account,
                                       const WorkerConfig& worker) {
    return Fetcher(api, account, worker).run();
}

} // namespace pymode

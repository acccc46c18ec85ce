// SPDX-License-Identifier: MIT
// What makes an uploaded Worker run: workers.dev, cron schedules, routes, custom domains, and the
// queues whose messages it takes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

enum class TriggerKind { workers_dev, schedules, route, custom_domain, queue_consumer };

// Stable name for --json: "workers_dev", "schedules", "route", "custom_domain", "queue_consumer".
std::string_view trigger_kind_name(TriggerKind kind);

// One trigger after it was tried.
struct Trigger {
    TriggerKind kind = TriggerKind::workers_dev;
    // For people, safe for a terminal: "workers.dev: off", "schedule */5 * * * *", "route
    // example.com/*", "custom domain shop.example.com", "consumer of the queue orders".
    std::string what;
    std::optional<Error> error; // why it is not set; nothing: it is
    bool tried = true;          // false: an interruption came before

    [[nodiscard]] bool set() const { return !error; }
    // The answer was lost: it may be set all the same.
    [[nodiscard]] bool unknown() const { return tried && error && is_answer_lost(*error); }
};

struct TriggerReport {
    std::vector<Trigger> triggers;     // in the order in which they were tried
    std::vector<std::string> urls;     // that answer now, those of workers.dev first
    std::vector<std::string> warnings; // such as routes of before that stay

    // Whether all of them are set.
    [[nodiscard]] bool complete() const;

    // What `deploy` ends with when not all of them are: names those that are set, those that are
    // not or may not be, and each reason. ErrorCode::cancelled after an interruption, else that of
    // the first failure. Only for a report that is not complete.
    [[nodiscard]] Error error() const;
};

struct TriggerOptions {
    // The account's name below workers.dev, for the URL; empty: not known, then there is no URL.
    std::string subdomain;
    // --yes: custom domains are taken from other Workers, and their DNS records replaced.
    bool may_override = false;
};

struct TriggerHooks {
    std::function<void(std::string_view step)> on_step; // before each: "set the routes"
};

// Sets all triggers of the configuration for the Worker that is uploaded, one after the other. The
// failure of one neither undoes nor stops the others; only an interruption (ErrorCode::cancelled)
// does, and what was not tried then has that error. What the configuration does not mention (no
// `crons`, no routes, no consumers) stays as it is at Cloudflare. The calls and their order are
// wrangler's: workers.dev, routes, custom domains, schedules, consumers. All of them can be
// repeated.
TriggerReport apply_triggers(CloudflareApi& api, const std::string& account,
                             const WorkerConfig& worker, const TriggerOptions& options,
                             const TriggerHooks& hooks = {});

// A call that apply_triggers makes, for --dry-run.
struct PlannedTrigger {
    std::string method;
    std::string path; // with "<queue>" where an id is not known before
    std::string what;
};

std::vector<PlannedTrigger> plan_triggers(const std::string& account, const WorkerConfig& worker);

// {"kind","what","set","error"?: {"code","message","notes"}}, one for each trigger.
nlohmann::json to_json(const TriggerReport& report);

} // namespace pymode

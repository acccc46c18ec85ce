// SPDX-License-Identifier: MIT
#include "core/cloudflare/triggers.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/domains.hpp"
#include "core/cloudflare/queues.hpp"
#include "core/cloudflare/routes.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/cloudflare/zones.hpp"

namespace pymode {
namespace {

// The version of the API whose meaning of the workers.dev switch this client knows.
constexpr std::string_view kScriptApiDate = "2025-08-01";

constexpr std::string_view kAgain = "`pymode deploy` tries all of them again";

std::vector<Route> routes_of(const WorkerConfig& worker, bool custom_domains) {
    std::vector<Route> routes;
    std::ranges::copy_if(worker.routes, std::back_inserter(routes),
                         [&](const Route& route) { return route.custom_domain == custom_domains; });
    return routes;
}

std::string workers_dev_text(const WorkerConfig& worker) {
    return worker.on_workers_dev() ? "workers.dev: on" : "workers.dev: off";
}

std::string schedule_text(const std::string& cron) {
    return fmt::format("schedule {}", printable(cron));
}

class Applier {
  public:
    Applier(CloudflareApi& api, const std::string& account, const WorkerConfig& worker,
            const TriggerOptions& options, const TriggerHooks& hooks)
        : m_api(api), m_account(account), m_worker(worker), m_options(options), m_hooks(hooks),
          m_script(script_path({account, worker.name})) {}

    TriggerReport run() {
        workers_dev();
        routes();
        domains();
        schedules();
        for (const QueueConsumer& consumer : m_worker.consumers) {
            queue_consumer(consumer);
        }
        return std::move(m_report);
    }

  private:
    // False after an interruption; nothing is sent then.
    bool begin(std::string_view step) {
        if (!m_interrupted && m_hooks.on_step) {
            m_hooks.on_step(step);
        }
        return !m_interrupted;
    }

    void add(TriggerKind kind, std::string what, std::optional<Error> error) {
        if (m_interrupted) {
            error = Error{ErrorCode::cancelled,
                          "not tried, as the deploy was interrupted",
                          {},
                          "",
                          std::nullopt};
        }
        m_report.triggers.push_back({kind, std::move(what), std::move(error), !m_interrupted});
    }

    void note_interruption() {
        m_interrupted = std::ranges::any_of(m_report.triggers, [](const Trigger& trigger) {
            return trigger.error && trigger.error->code == ErrorCode::cancelled;
        });
    }

    template <class T> static std::optional<Error> error_of(const Expected<T>& done) {
        return done ? std::nullopt : std::optional(done.error());
    }

    void workers_dev() {
        const bool on = m_worker.on_workers_dev();
        std::optional<Error> error;
        if (begin(on ? "switch workers.dev on" : "switch workers.dev off")) {
            ApiRequest request{
                .method = "POST", .path = m_script + "/subdomain", .repeatable = true};
            request.json = nlohmann::json{{"enabled", on}};
            if (m_worker.preview_urls) {
                (*request.json)["previews_enabled"] = *m_worker.preview_urls;
            }
            request.headers = {{"Cloudflare-Workers-Script-Api-Date", std::string(kScriptApiDate)}};
            error = error_of(
                m_api.call(request, on ? "switch workers.dev on" : "switch workers.dev off"));
        }
        if (on && !error && !m_options.subdomain.empty()) {
            m_report.urls.push_back(
                fmt::format("https://{}.{}.workers.dev", m_worker.name, m_options.subdomain));
        }
        add(TriggerKind::workers_dev, workers_dev_text(m_worker), std::move(error));
        note_interruption();
    }

    void routes() {
        const std::vector<Route> wanted = routes_of(m_worker, false);
        if (wanted.empty()) {
            return;
        }
        RoutesReport done;
        if (begin("set the routes")) {
            done = publish_routes(m_api, m_account, m_worker.name, wanted,
                                  m_worker.on_workers_dev() ? LookForClashes::no
                                                            : LookForClashes::yes);
        } else {
            for (const Route& route : wanted) {
                done.routes.push_back({route.pattern, std::nullopt});
            }
        }
        for (RouteOutcome& outcome : done.routes) {
            const std::string url = url_of_route(outcome.pattern);
            if (!outcome.error && !m_interrupted && !url.empty()) {
                m_report.urls.push_back(printable(url));
            }
            add(TriggerKind::route, fmt::format("route {}", printable(outcome.pattern)),
                std::move(outcome.error));
        }
        std::ranges::move(done.warnings, std::back_inserter(m_report.warnings));
        note_interruption();
    }

    void domains() {
        const std::vector<Route> wanted = routes_of(m_worker, true);
        if (wanted.empty()) {
            return;
        }
        std::optional<Error> error;
        if (begin("set the custom domains")) {
            error =
                error_of(publish_domains(m_api, m_account, m_worker.name, wanted,
                                         m_options.may_override ? Override::yes : Override::no));
        }
        for (const Route& domain : wanted) {
            if (!error && !m_interrupted && domain.enabled.value_or(true)) {
                m_report.urls.push_back(fmt::format("https://{}", printable(domain.pattern)));
            }
            add(TriggerKind::custom_domain,
                fmt::format("custom domain {}", printable(domain.pattern)), error);
        }
        note_interruption();
    }

    void schedules() {
        if (!m_worker.crons) {
            return;
        }
        std::optional<Error> error;
        if (begin(m_worker.crons->empty() ? "clear the schedules" : "set the schedules")) {
            ApiRequest request{.method = "PUT", .path = m_script + "/schedules"};
            request.json = nlohmann::json::array();
            for (const std::string& cron : *m_worker.crons) {
                request.json->push_back({{"cron", cron}});
            }
            error = error_of(m_api.call(request, "set the schedules"));
        }
        for (const std::string& cron : *m_worker.crons) {
            add(TriggerKind::schedules, schedule_text(cron), error);
        }
        if (m_worker.crons->empty()) {
            add(TriggerKind::schedules, "no schedules", std::move(error));
        }
        note_interruption();
    }

    void queue_consumer(const QueueConsumer& consumer) {
        std::optional<Error> error;
        const std::string what = fmt::format("consumer of the queue {}", printable(consumer.queue));
        if (begin(fmt::format("become a {}", what))) {
            error = error_of(put_consumer(m_api, m_account, m_worker.name, consumer));
        }
        add(TriggerKind::queue_consumer, what, std::move(error));
        note_interruption();
    }

    CloudflareApi& m_api;
    const std::string& m_account;
    const WorkerConfig& m_worker;
    const TriggerOptions& m_options;
    const TriggerHooks& m_hooks;
    std::string m_script;
    TriggerReport m_report;
    bool m_interrupted = false;
};

} // namespace

std::string_view trigger_kind_name(TriggerKind kind) {
    switch (kind) {
    case TriggerKind::workers_dev:
        return "workers_dev";
    case TriggerKind::schedules:
        return "schedules";
    case TriggerKind::route:
        return "route";
    case TriggerKind::custom_domain:
        return "custom_domain";
    case TriggerKind::queue_consumer:
        break;
    }
    return "queue_consumer";
}

bool TriggerReport::complete() const {
    return std::ranges::all_of(triggers, &Trigger::set);
}

Error TriggerReport::error() const {
    Error error{ErrorCode::api, "", {}, std::string(kAgain), std::nullopt};
    std::vector<std::string> good;
    std::vector<const Trigger*> bad;
    for (const Trigger& trigger : triggers) {
        if (trigger.set()) {
            good.push_back(trigger.what);
        } else {
            bad.push_back(&trigger);
        }
    }
    // One that was not set now may still be as an earlier deployment has set it.
    const bool unsure = std::ranges::any_of(triggers, &Trigger::unknown);
    const bool one = bad.size() == 1;
    error.message =
        fmt::format("{} of {} triggers of the uploaded Worker {} set", bad.size(), triggers.size(),
                    unsure ? (one ? "is not known to be" : "are not known to be")
                           : (one ? "was not" : "were not"));
    error.notes.push_back(
        good.empty() ? fmt::format("none of them {} set", unsure ? "is known to be" : "was")
                     : fmt::format("set: {}", join(good, ", ")));
    bool first = true;
    for (const Trigger* trigger : bad) {
        const Error& reason = *trigger->error;
        if (reason.code == ErrorCode::cancelled || first) {
            error.code = reason.code;
        }
        std::string note =
            fmt::format("{}: {}: {}", trigger->unknown() ? "not known to be set" : "not set",
                        trigger->what, reason.message);
        for (const std::string& detail : reason.notes) {
            note += fmt::format("; {}", detail);
        }
        error.notes.push_back(std::move(note));
        if (first && !reason.hint.empty()) {
            error.hint = fmt::format("{}\n{}", reason.hint, kAgain);
        }
        first = false;
    }
    return error;
}

TriggerReport apply_triggers(CloudflareApi& api, const std::string& account,
                             const WorkerConfig& worker, const TriggerOptions& options,
                             const TriggerHooks& hooks) {
    return Applier(api, account, worker, options, hooks).run();
}

std::vector<PlannedTrigger> plan_triggers(const std::string& account, const WorkerConfig& worker) {
    const std::string script = script_path({account, worker.name});
    std::vector<PlannedTrigger> plan;
    plan.push_back({"POST", script + "/subdomain",
                    worker.on_workers_dev() ? "switch workers.dev on" : "switch workers.dev off"});
    if (const auto routes = routes_of(worker, false); !routes.empty()) {
        plan.push_back(
            {"PUT", script + "/routes", fmt::format("set the routes: {}", routes.size())});
    }
    if (const auto domains = routes_of(worker, true); !domains.empty()) {
        plan.push_back({"POST", script + "/domains/changeset?replace_state=true",
                        "ask what would change in the custom domains"});
        plan.push_back({"PUT", script + "/domains/records",
                        fmt::format("set the custom domains: {}", domains.size())});
    }
    if (worker.crons) {
        plan.push_back({"PUT", script + "/schedules",
                        worker.crons->empty()
                            ? "clear the schedules"
                            : fmt::format("set the schedules: {}", worker.crons->size())});
    }
    for (const QueueConsumer& consumer : worker.consumers) {
        plan.push_back({"GET", queue_request(account, consumer.queue).path, "look the queue up"});
        plan.push_back(
            {"POST", fmt::format("/accounts/{}/queues/<queue>/consumers", account),
             fmt::format("become a consumer of the queue {}", printable(consumer.queue))});
    }
    return plan;
}

nlohmann::json to_json(const TriggerReport& report) {
    nlohmann::json items = nlohmann::json::array();
    for (const Trigger& trigger : report.triggers) {
        nlohmann::json item = {{"kind", trigger_kind_name(trigger.kind)},
                               {"what", trigger.what},
                               {"set", trigger.set()}};
        if (trigger.error) {
            item["error"] = {{"code", error_code_name(trigger.error->code)},
                             {"message", trigger.error->message},
                             {"notes", trigger.error->notes}};
        }
        items.push_back(std::move(item));
    }
    return items;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/routes.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/send_once.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/cloudflare/zones.hpp"

namespace pymode {
namespace {

constexpr int kNotAllowed = 10000;

Error belongs_to(const std::string& pattern, const std::string& owner) {
    return Error{
        ErrorCode::api,
        owner.empty()
            ? fmt::format("the route {} is set to reach no Worker", printable(pattern))
            : fmt::format("the route {} belongs to the Worker {}", printable(pattern), owner),
        {},
        "take it from there in the dashboard, under Workers Routes of the zone",
        std::nullopt};
}

// nullptr when nobody has it.
const ZoneRoute* find_route(const std::vector<ZoneRoute>& all, std::string_view pattern) {
    const auto found = std::ranges::find(all, pattern, &ZoneRoute::pattern);
    return found == all.end() ? nullptr : &*found;
}

nlohmann::json to_json(const std::vector<Route>& routes) {
    nlohmann::json body = nlohmann::json::array();
    for (const Route& route : routes) {
        nlohmann::json item = {{"pattern", route.pattern}};
        if (!route.zone_id.empty()) {
            item["zone_id"] = route.zone_id;
        }
        if (!route.zone_name.empty()) {
            item["zone_name"] = route.zone_name;
        }
        body.push_back(std::move(item));
    }
    return body;
}

class Publisher {
  public:
    Publisher(CloudflareApi& api, const std::string& account, const std::string& script)
        : m_api(api), m_account(account), m_script(script), m_zones(api, account) {}

    RoutesReport run(const std::vector<Route>& routes, LookForClashes look) {
        for (const Route& route : routes) {
            m_report.routes.push_back({route.pattern, std::nullopt});
        }
        if (look == LookForClashes::yes) {
            look_for_clashes(routes);
        }
        std::vector<Route> free;
        for (std::size_t i = 0; i < routes.size(); ++i) {
            if (!m_report.routes[i].error) {
                free.push_back(routes[i]);
            }
        }
        if (!free.empty()) {
            put_all(routes, free);
        }
        return std::move(m_report);
    }

  private:
    // What cannot be looked up is no clash: the server decides then.
    void look_for_clashes(const std::vector<Route>& routes) {
        for (std::size_t i = 0; i < routes.size(); ++i) {
            Expected<std::string> zone = m_zones.zone_of(routes[i]);
            if (!zone) {
                continue;
            }
            Expected<std::vector<ZoneRoute>> there = m_zones.routes_in(*zone);
            const ZoneRoute* taken = there ? find_route(*there, routes[i].pattern) : nullptr;
            if (taken && taken->script != m_script) {
                m_report.routes[i].error = belongs_to(routes[i].pattern, taken->script);
            }
        }
    }

    void put_all(const std::vector<Route>& routes, const std::vector<Route>& free) {
        ApiRequest request{.method = "PUT", .path = script_path({m_account, m_script}) + "/routes"};
        request.json = to_json(free);
        const Expected<ApiAnswer> answer = m_api.send(request);
        if (answer && answer->success) {
            return;
        }
        if (answer && answer->has_problem(kNotAllowed)) {
            one_by_one(routes);
            return;
        }
        const Error error = answer ? api_error(*answer, "set the routes") : answer.error();
        for (RouteOutcome& outcome : m_report.routes) {
            if (!outcome.error) {
                outcome.error = error;
            }
        }
    }

    void one_by_one(const std::vector<Route>& routes) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < routes.size(); ++i) {
            RouteOutcome& outcome = m_report.routes[i];
            if (outcome.error) {
                continue;
            }
            if (Expected<> done = set_one(routes[i], seen); !done) {
                outcome.error = std::move(done.error());
            }
        }
        warn_of_others(routes, seen);
    }

    // `seen` gets the zone's id.
    Expected<> set_one(const Route& route, std::set<std::string>& seen) {
        Expected<std::string> zone = m_zones.zone_of(route);
        if (!zone) {
            return propagate(zone);
        }
        Expected<std::vector<ZoneRoute>> there = m_zones.routes_in(*zone);
        if (!there) {
            return propagate(there, "the token may not change the routes of all zones at once, so "
                                    "they are set zone by zone");
        }
        seen.insert(*zone);
        if (const ZoneRoute* taken = find_route(*there, route.pattern)) {
            return taken->script == m_script
                       ? Expected<>()
                       : std::unexpected(belongs_to(route.pattern, taken->script));
        }
        return add(*zone, route.pattern);
    }

    Expected<> add(const std::string& zone, const std::string& pattern) {
        ApiRequest request{.method = "POST",
                           .path = fmt::format("/zones/{}/workers/routes", percent_encoded(zone))};
        request.json = nlohmann::json{{"pattern", pattern}, {"script", m_script}};
        const std::string doing = fmt::format("add the route {}", printable(pattern));
        const Expected<ApiAnswer> answer =
            send_once(m_api, request, [&]() -> Expected<std::optional<nlohmann::json>> {
                // Not what is remembered of the zone.
                Expected<std::vector<ZoneRoute>> there =
                    ZoneFinder(m_api, m_account).routes_in(zone);
                if (!there) {
                    return propagate(there);
                }
                const ZoneRoute* now = find_route(*there, pattern);
                return now && now->script == m_script ? std::optional(nlohmann::json())
                                                      : std::nullopt;
            });
        if (!answer) {
            return propagate(answer, "this was to " + doing);
        }
        return answer->success ? Expected<>() : std::unexpected(api_error(*answer, doing));
    }

    void warn_of_others(const std::vector<Route>& routes, const std::set<std::string>& seen) {
        std::vector<std::string> others;
        for (const std::string& zone : seen) {
            // From memory: these zones were listed before.
            const Expected<std::vector<ZoneRoute>> there = m_zones.routes_in(zone);
            for (const ZoneRoute& route : there ? *there : std::vector<ZoneRoute>()) {
                if (route.script == m_script &&
                    std::ranges::find(routes, route.pattern, &Route::pattern) == routes.end()) {
                    others.push_back(route.pattern);
                }
            }
        }
        if (!others.empty()) {
            m_report.warnings.push_back(
                fmt::format("routes of this Worker that the configuration does not have stay, as "
                            "the token may not change all zones at once: {}",
                            join(others, ", ")));
        }
    }

    CloudflareApi& m_api;
    const std::string& m_account;
    const std::string& m_script;
    ZoneFinder m_zones;
    RoutesReport m_report;
};

} // namespace

RoutesReport publish_routes(CloudflareApi& api, const std::string& account,
                            const std::string& script, const std::vector<Route>& routes,
                            LookForClashes look) {
    return Publisher(api, account, script).run(routes, look);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// Zones (domains of the account), and the routes in them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

// "https://*.example.com/a/*" → "example.com"; empty when the pattern names no host ("*/path").
std::string host_of_route(std::string_view pattern);

// An address below the route, where every part of it is known: "example.com/api/*" →
// "https://example.com/api/"; empty for "*.example.com/*".
std::string url_of_route(std::string_view pattern);

struct ZoneRoute {
    std::string pattern;
    std::string script; // empty: the route keeps requests away from all Workers
};

// Asks once for each zone, however many routes are in it. `api` must outlive this object.
class ZoneFinder {
  public:
    ZoneFinder(CloudflareApi& api, std::string account)
        : m_api(api), m_account(std::move(account)) {}

    // The id of the zone that the route is in: by its `zone_id`, its `zone_name`, or its host and
    // what is above that. ErrorCode::not_found when the token sees none.
    Expected<std::string> zone_of(const Route& route);

    // All routes of the zone, of whatever Worker.
    Expected<std::vector<ZoneRoute>> routes_in(const std::string& zone);

  private:
    // Nothing: there is no such zone.
    Expected<std::optional<std::string>> zone_named(const std::string& name);

    CloudflareApi& m_api;
    std::string m_account;
    std::map<std::string, std::optional<std::string>, std::less<>> m_zones;
    std::map<std::string, std::vector<ZoneRoute>, std::less<>> m_routes;
};

} // namespace pymode

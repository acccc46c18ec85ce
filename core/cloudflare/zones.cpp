// SPDX-License-Identifier: MIT
#include "core/cloudflare/zones.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

std::string_view without_scheme(std::string_view pattern) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (pattern.starts_with(scheme)) {
            return pattern.substr(scheme.size());
        }
    }
    return pattern;
}

} // namespace

std::string host_of_route(std::string_view pattern) {
    std::string_view host = without_scheme(pattern);
    host = host.substr(0, host.find('/'));
    if (host.starts_with('*')) {
        host.remove_prefix(host.starts_with("*.") ? 2 : 1);
    }
    return to_lower_ascii(host.substr(0, host.find(':')));
}

std::string url_of_route(std::string_view pattern) {
    const std::string_view scheme = pattern.starts_with("http://") ? "http://" : "https://";
    std::string_view rest = without_scheme(pattern);
    if (rest.ends_with('*')) {
        rest.remove_suffix(1);
    }
    return rest.empty() || rest.contains('*') ? "" : fmt::format("{}{}", scheme, rest);
}

Expected<std::optional<std::string>> ZoneFinder::zone_named(const std::string& name) {
    if (const auto known = m_zones.find(name); known != m_zones.end()) {
        return known->second;
    }
    const std::string path =
        fmt::format("/zones?name={}&account.id={}", percent_encoded(name), m_account);
    Expected<nlohmann::json> found =
        m_api.call({.path = path}, fmt::format("look the zone {} up", printable(name)));
    if (!found) {
        return propagate(found);
    }
    std::optional<std::string> id;
    if (found->is_array() && !found->empty()) {
        id = text_of(found->front(), "id");
    }
    if (id && !is_hex_id(*id)) {
        return fail(ErrorCode::api,
                    fmt::format("Cloudflare's answer has no id of the zone {}", printable(name)));
    }
    m_zones.emplace(name, id);
    return id;
}

Expected<std::string> ZoneFinder::zone_of(const Route& route) {
    if (!route.zone_id.empty()) {
        return route.zone_id;
    }
    const std::string host =
        route.zone_name.empty() ? host_of_route(route.pattern) : to_lower_ascii(route.zone_name);
    // shop.example.com may be a zone itself, or a name in the zone example.com.
    for (std::string_view name = host; name.contains('.'); name.remove_prefix(name.find('.') + 1)) {
        Expected<std::optional<std::string>> id = zone_named(std::string(name));
        if (!id) {
            return propagate(id);
        }
        if (*id) {
            return **id;
        }
    }
    return fail(ErrorCode::not_found,
                fmt::format("the token sees no zone for the route {}", printable(route.pattern)),
                "add the domain to the account, or give the token the permission \"Zone: Read\" "
                "for it");
}

Expected<std::vector<ZoneRoute>> ZoneFinder::routes_in(const std::string& zone) {
    if (const auto known = m_routes.find(zone); known != m_routes.end()) {
        return known->second;
    }
    Expected<std::vector<nlohmann::json>> items =
        m_api.list(fmt::format("/zones/{}/workers/routes", percent_encoded(zone)),
                   "list the routes of the zone");
    if (!items) {
        return propagate(items);
    }
    std::vector<ZoneRoute> routes;
    for (const nlohmann::json& item : *items) {
        routes.push_back({text_of(item, "pattern"), text_of(item, "script")});
    }
    m_routes.emplace(zone, routes);
    return routes;
}

} // namespace pymode

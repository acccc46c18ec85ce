// SPDX-License-Identifier: MIT
#include "core/cloudflare/domains.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {
namespace {

nlohmann::json origins_of(const std::vector<Route>& domains) {
    nlohmann::json origins = nlohmann::json::array();
    for (const Route& domain : domains) {
        nlohmann::json origin = {{"hostname", domain.pattern}};
        if (!domain.zone_id.empty()) {
            origin["zone_id"] = domain.zone_id;
        }
        if (!domain.zone_name.empty()) {
            origin["zone_name"] = domain.zone_name;
        }
        if (domain.enabled) {
            origin["enabled"] = *domain.enabled;
        }
        if (domain.previews_enabled) {
            origin["previews_enabled"] = *domain.previews_enabled;
        }
        origins.push_back(std::move(origin));
    }
    return origins;
}

bool is_modified(const nlohmann::json& domain) {
    const nlohmann::json& modified = member_of(domain, "modified");
    return modified.is_boolean() && modified.get<bool>();
}

// Which Worker has a domain that would change; the changeset does not say.
Expected<std::string> owner_of(CloudflareApi& api, const std::string& account,
                               const nlohmann::json& domain) {
    const std::string path = fmt::format("/accounts/{}/workers/domains/records/{}", account,
                                         percent_encoded(text_of(domain, "id")));
    Expected<nlohmann::json> record =
        api.call({.path = path},
                 fmt::format("tell which Worker has the domain {}", text_of(domain, "hostname")));
    return record ? Expected<std::string>(text_of(*record, "service")) : propagate(record);
}

// Why the domains cannot be set without an override: one line for each.
Expected<std::vector<std::string>> conflicts_in(CloudflareApi& api, const std::string& account,
                                                const std::string& script,
                                                const nlohmann::json& changes) {
    std::vector<std::string> conflicts;
    for (const nlohmann::json& domain : items_of(member_of(changes, "updated"))) {
        if (!is_modified(domain)) {
            continue;
        }
        Expected<std::string> owner = owner_of(api, account, domain);
        if (!owner) {
            return propagate(owner);
        }
        if (*owner != script) {
            conflicts.push_back(
                fmt::format("{} belongs to the Worker {}", text_of(domain, "hostname"), *owner));
        }
    }
    for (const nlohmann::json& domain : items_of(member_of(changes, "conflicting"))) {
        const std::string owner = text_of(domain, "service");
        const std::string host = text_of(domain, "hostname");
        conflicts.push_back(owner.empty() || owner == script
                                ? fmt::format("{} has DNS records already", host)
                                : fmt::format("{} belongs to the Worker {}", host, owner));
    }
    return conflicts;
}

} // namespace

Expected<> publish_domains(CloudflareApi& api, const std::string& account,
                           const std::string& script, const std::vector<Route>& domains,
                           Override may_override) {
    const std::string base = script_path({account, script}) + "/domains";
    const bool override_all = may_override == Override::yes;
    const nlohmann::json origins = origins_of(domains);

    // Only a question, although it is a POST.
    ApiRequest question{
        .method = "POST", .path = base + "/changeset?replace_state=true", .repeatable = true};
    question.json = origins;
    Expected<nlohmann::json> changes =
        api.call(question, "tell what would change in the custom domains");
    if (!changes) {
        return propagate(changes);
    }
    bool updates = false;
    if (!override_all) {
        Expected<std::vector<std::string>> conflicts = conflicts_in(api, account, script, *changes);
        if (!conflicts) {
            return propagate(conflicts);
        }
        if (!conflicts->empty()) {
            Error error{ErrorCode::api, "the custom domains are in use", std::move(*conflicts),
                        "`pymode deploy --yes` takes them over, with their DNS records",
                        std::nullopt};
            return std::unexpected(std::move(error));
        }
        for (const nlohmann::json& domain : items_of(member_of(*changes, "updated"))) {
            updates = updates || is_modified(domain);
        }
    }
    ApiRequest request{.method = "PUT", .path = base + "/records"};
    request.json = nlohmann::json{{"override_scope", true},
                                  {"override_existing_origin", override_all || updates},
                                  {"override_existing_dns_record", override_all},
                                  {"origins", origins}};
    Expected<nlohmann::json> done = api.call(request, "set the custom domains");
    return done ? Expected<>() : propagate(done);
}

} // namespace pymode

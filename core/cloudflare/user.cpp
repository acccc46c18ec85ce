// SPDX-License-Identifier: MIT
#include "core/cloudflare/user.hpp"

#include <algorithm>

#include "core/project/names.hpp"

namespace pymode {
namespace {

// A token of an account can only see its own; more would be a token of a user.
constexpr std::size_t kMaxAccountsAsked = 5;
constexpr int kRefusals[] = {1000, 9106, 9109, 10000};

// The result, or null when these credentials have no right to it.
Expected<nlohmann::json> ask(CloudflareApi& api, const std::string& path, std::string_view doing) {
    Expected<ApiAnswer> answer = api.send({.path = path});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->success) {
        return std::move(answer->result);
    }
    const bool no_right =
        std::ranges::any_of(kRefusals, [&](int code) { return answer->has_problem(code); });
    if (no_right) {
        return nlohmann::json();
    }
    return std::unexpected(api_error(*answer, doing));
}

std::vector<std::string> roles_in(const nlohmann::json& memberships, const std::string& account) {
    std::vector<std::string> roles;
    for (const nlohmann::json& membership : memberships) {
        const bool fits = membership.is_object() && membership.contains("account") &&
                          text_of(membership["account"], "id") == account;
        if (!fits || !membership.contains("roles") || !membership["roles"].is_array()) {
            continue;
        }
        for (const nlohmann::json& role : membership["roles"]) {
            // A plain name, or an object that has one.
            const nlohmann::json named = role.is_string() ? nlohmann::json{{"name", role}} : role;
            if (std::string name = text_of(named, "name"); !name.empty()) {
                roles.push_back(std::move(name));
            }
        }
    }
    return roles;
}

} // namespace

std::string_view owner_name(Owner owner) {
    switch (owner) {
    case Owner::user:
        return "user";
    case Owner::account:
        return "account";
    case Owner::unknown:
        break;
    }
    return "unknown";
}

Expected<TokenCheck> check_token(CloudflareApi& api, const std::vector<std::string>& accounts) {
    Expected<nlohmann::json> of_user = ask(api, "/user/tokens/verify", "check the token");
    if (!of_user) {
        return propagate(of_user);
    }
    if (!of_user->is_null()) {
        return TokenCheck{Owner::user, text_of(*of_user, "status")};
    }
    for (std::size_t i = 0; i < std::min(accounts.size(), kMaxAccountsAsked); ++i) {
        const std::string path = "/accounts/" + accounts[i] + "/tokens/verify";
        Expected<nlohmann::json> of_account = ask(api, path, "check the token");
        if (!of_account) {
            return propagate(of_account);
        }
        if (!of_account->is_null()) {
            return TokenCheck{Owner::account, text_of(*of_account, "status")};
        }
    }
    return TokenCheck{};
}

Expected<Identity> identify(CloudflareApi& api, CredentialKind kind) {
    Expected<std::vector<nlohmann::json>> accounts =
        api.list("/accounts?page=1", "list the accounts");
    if (!accounts) {
        return propagate(accounts);
    }
    const Expected<nlohmann::json> memberships =
        ask(api, "/memberships?page=1", "list the memberships");
    if (!memberships) {
        return propagate(memberships);
    }
    Identity identity;
    std::vector<std::string> ids;
    for (const nlohmann::json& account : *accounts) {
        std::string id = text_of(account, "id");
        if (is_hex_id(id)) {
            identity.accounts.push_back({id, text_of(account, "name"), roles_in(*memberships, id)});
            ids.push_back(std::move(id));
        }
    }
    const Expected<nlohmann::json> user = ask(api, "/user", "ask who the user is");
    if (!user) {
        return propagate(user);
    }
    identity.email = text_of(*user, "email");
    if (kind != CredentialKind::token) {
        identity.owner = Owner::user;
        return identity;
    }
    Expected<TokenCheck> token = check_token(api, ids);
    if (!token) {
        return propagate(token);
    }
    identity.owner = token->owner;
    identity.token_status = std::move(token->status);
    return identity;
}

} // namespace pymode

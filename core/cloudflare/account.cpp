// SPDX-License-Identifier: MIT
#include "core/cloudflare/account.hpp"

#include <fmt/format.h>

#include "core/project/names.hpp"

namespace pymode {

Expected<std::string> choose_account(CloudflareApi& api, const std::string& configured) {
    if (!configured.empty()) {
        return configured;
    }
    Expected<nlohmann::json> accounts = api.call({.path = "/accounts?page=1"}, "list the accounts");
    if (!accounts) {
        return propagate(accounts);
    }
    std::vector<std::string> notes;
    std::string only;
    for (const nlohmann::json& account : *accounts) {
        only = text_of(account, "id");
        notes.push_back(fmt::format("{} is {}", only, text_of(account, "name")));
    }
    if (notes.size() == 1 && is_hex_id(only)) {
        return only;
    }
    Error error{ErrorCode::usage,
                notes.empty() ? "the token can see no account"
                              : "the token can see several accounts",
                std::move(notes),
                "set CLOUDFLARE_ACCOUNT_ID, or account-id under [tool.pymode]",
                {}};
    return std::unexpected(std::move(error));
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// Who the credentials belong to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/credentials.hpp"

namespace pymode {

// What is known of an account; text that is safe for a terminal.
struct VisibleAccount {
    std::string id;
    std::string name;
    std::vector<std::string> roles; // empty where the credentials may not see them
};

enum class Owner {
    user,    // an API token or the global key of a user
    account, // an API token of an account: there is no user behind it
    unknown, // a token that may ask about neither; it works all the same
};

[[nodiscard]] std::string_view owner_name(Owner owner); // "user"

struct Identity {
    Owner owner = Owner::unknown;
    std::string email;        // of the user; empty when there is none, or it is not to be seen
    std::string token_status; // "active"; empty for a key, or when Cloudflare does not say
    std::vector<VisibleAccount> accounts;
};

// Asks /accounts, /memberships, /user and the two places that know tokens. A refusal of /accounts
// is an error: then the credentials are good for nothing. The others may refuse: tokens of accounts
// are no users (codes 1000, 9106, 9109 and 10000), and tokens of users need not have the right to
// read about themselves.
Expected<Identity> identify(CloudflareApi& api, CredentialKind kind);

struct TokenCheck {
    Owner owner = Owner::unknown; // unknown: nobody knows this token
    std::string status;
};

// Whether an API token is one, and whose: /user/tokens/verify, else that of each of the `accounts`.
Expected<TokenCheck> check_token(CloudflareApi& api, const std::vector<std::string>& accounts);

} // namespace pymode

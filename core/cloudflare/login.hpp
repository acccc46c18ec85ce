// SPDX-License-Identifier: MIT
// Logging in by OAuth 2 with PKCE (RFC 6749, RFC 7636, RFC 8252): the browser asks the user, and
// the answer comes to a port of this machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/http.hpp"
#include "core/base/log.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/cloudflare/token_store.hpp"

namespace pymode {

// Who asks the user, and where. pymode has no client id of its own.
struct OauthClient {
    std::string client_id;
    std::string auth_url;
    std::string token_url;
    std::string revoke_url;
    std::string scope;
};

// From PYMODE_OAUTH_CLIENT_ID; nothing without it. PYMODE_OAUTH_AUTH_URL, PYMODE_OAUTH_TOKEN_URL,
// PYMODE_OAUTH_REVOKE_URL and PYMODE_OAUTH_SCOPES replace Cloudflare's. ErrorCode::usage for URLs
// that are neither https nor of this machine.
[[nodiscard]] Expected<std::optional<OauthClient>> oauth_client(const Env& env);

// What only this run knows: `state` says that an answer belongs to it, `verifier` that the code is
// exchanged by who asked for it.
struct OauthSecrets {
    std::string state;
    std::string verifier;
    std::string challenge; // base64url of the verifier's SHA-256
};

// From the system's random numbers.
[[nodiscard]] Expected<OauthSecrets> make_oauth_secrets();

// RFC 7636, 4.2.
[[nodiscard]] std::string pkce_challenge(std::string_view verifier);

// The page where the user consents.
[[nodiscard]] std::string authorization_url(const OauthClient& client, const OauthSecrets& secrets,
                                            const std::string& redirect_uri);

// The code for tokens. ErrorCode::api when the server refuses; messages hold no secret.
[[nodiscard]] Expected<StoredLogin> exchange_code(Http& http, const Clock& clock,
                                                  const OauthClient& client,
                                                  const OauthSecrets& secrets,
                                                  const std::string& code,
                                                  const std::string& redirect_uri);

// New tokens for old: the refresh token is used up, and a new one comes with the answer (an answer
// without one leaves the old valid).
[[nodiscard]] Expected<StoredLogin> refresh_login(Http& http, const Clock& clock,
                                                  const StoredLogin& login);

// RFC 7009. Nothing to do for an API token.
[[nodiscard]] Expected<> revoke_login(Http& http, const StoredLogin& login);

struct CredentialSources {
    const Env& env;
    Http& http;
    const Clock& clock;
    const CancelToken& cancel;
    Log log{}; // is told what to hide
};

// Credentials that work now: those of the environment, else the stored ones, whose access token is
// refreshed, under the store's lock, when it ends within a minute.
[[nodiscard]] Expected<Credentials> usable_credentials(const CredentialSources& sources);

} // namespace pymode

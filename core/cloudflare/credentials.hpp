// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/http.hpp"
#include "core/cloudflare/token_store.hpp"

namespace pymode {

enum class CredentialKind {
    token, // an API token, of a user or of an account
    key,   // the global API key of a user
    login, // the access token of a login in the browser
};

// How requests to Cloudflare's API prove who sends them. The values are never part of a message.
class Credentials {
  public:
    // By wrangler's variables: CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL, else
    // CLOUDFLARE_API_TOKEN; the older names with CF_ count too. Else what `pymode login` stored
    // where XDG_CONFIG_HOME or HOME point to (token_store.hpp), as it stands there: an access token
    // may have ended, see usable_credentials. ErrorCode::usage when there are none, or when one
    // cannot stand in a header.
    static Expected<Credentials> from_environment(const Env& env);

    // `store` is the file that it is kept in.
    static Credentials of_login(const StoredLogin& login, const std::filesystem::path& store);

    [[nodiscard]] CredentialKind kind() const;

    // For people: the variable or the file that they were found in.
    [[nodiscard]] const std::string& source() const { return m_source; }
    [[nodiscard]] bool is_stored() const { return m_stored; }

    [[nodiscard]] std::vector<HttpHeader> headers() const;

    // Keeps the token or key out of the log, whatever is logged.
    void hide_in(const Log& log) const;

  private:
    static Expected<Credentials> from_variables(const Env& env);

    std::string m_token;
    std::string m_key;
    std::string m_email;
    std::string m_source;
    bool m_stored = false;
    bool m_login = false; // m_token is OAuth's
};

// CLOUDFLARE_API_BASE_URL without a slash at its end, or Cloudflare's own.
Expected<std::string> api_base_url(const Env& env);

// CLOUDFLARE_ACCOUNT_ID, empty when it is not set; an error when it is no account id.
Expected<std::string> account_from_environment(const Env& env);

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/http.hpp"

namespace pymode {

// How requests to Cloudflare's API prove who sends them. The values are never part of a message.
class Credentials {
  public:
    // By wrangler's variables: CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL, else
    // CLOUDFLARE_API_TOKEN; the older names with CF_ count too.
    static Expected<Credentials> from_environment(const Env& env);

    // True when `from_environment` would find something.
    static bool present(const Env& env);

    [[nodiscard]] std::vector<HttpHeader> headers() const;

    // Keeps the token or key out of the log, whatever is logged.
    void hide_in(const Log& log) const;

  private:
    std::string m_token;
    std::string m_key;
    std::string m_email;
};

// CLOUDFLARE_API_BASE_URL without a slash at its end, or Cloudflare's own.
Expected<std::string> api_base_url(const Env& env);

// CLOUDFLARE_ACCOUNT_ID, empty when it is not set; an error when it is no account id.
Expected<std::string> account_from_environment(const Env& env);

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/credentials.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr std::string_view kDefaultBaseUrl = "https://api.cloudflare.com/client/v4";

// The variable under its name of today, or under the one it had before.
std::string read(const Env& env, std::string_view name, std::string_view old_name) {
    const auto value = env.get_nonempty(name);
    return value ? *value : env.get_nonempty(old_name).value_or("");
}

// A line break or a letter outside of ASCII in a header is a pasting accident; the server's answer
// to it is beyond understanding.
Expected<> check_header_value(std::string_view name, std::string_view value) {
    const bool plain = std::ranges::all_of(value, [](char c) { return c > ' ' && c < '\x7F'; });
    if (!plain) {
        return fail(
            ErrorCode::usage,
            fmt::format("{} holds a space, a line break or a letter outside of ASCII", name),
            "copy the value again, without anything around it");
    }
    return {};
}

} // namespace

Expected<Credentials> Credentials::from_variables(const Env& env) {
    Credentials result;
    result.m_key = read(env, "CLOUDFLARE_API_KEY", "CF_API_KEY");
    result.m_email = read(env, "CLOUDFLARE_EMAIL", "CF_EMAIL");
    result.m_source = "CLOUDFLARE_API_KEY";
    if (result.m_key.empty() || result.m_email.empty()) {
        result.m_key.clear();
        result.m_email.clear();
        result.m_token = read(env, "CLOUDFLARE_API_TOKEN", "CF_API_TOKEN");
        result.m_source = "CLOUDFLARE_API_TOKEN";
        if (result.m_token.empty()) {
            return fail(ErrorCode::usage, "there are no Cloudflare credentials",
                        "set CLOUDFLARE_API_TOKEN to a token with the permission \"Workers "
                        "Scripts: Edit\" (dash.cloudflare.com/profile/api-tokens), or keep one "
                        "with `pymode login --token`");
        }
    }
    for (const auto& [name, value] : {std::pair{"CLOUDFLARE_API_TOKEN", result.m_token},
                                      std::pair{"CLOUDFLARE_API_KEY", result.m_key},
                                      std::pair{"CLOUDFLARE_EMAIL", result.m_email}}) {
        if (Expected<> good = check_header_value(name, value); !good) {
            return propagate(good);
        }
    }
    return result;
}

Expected<Credentials> Credentials::from_environment(const Env& env) {
    Expected<Credentials> of_variables = from_variables(env);
    if (of_variables || !read(env, "CLOUDFLARE_API_TOKEN", "CF_API_TOKEN").empty() ||
        !read(env, "CLOUDFLARE_API_KEY", "CF_API_KEY").empty()) {
        return of_variables;
    }
    const TokenStore store(env);
    const Expected<std::optional<StoredLogin>> stored = store.read();
    if (!stored) {
        return propagate(stored);
    }
    return *stored ? of_login(**stored, store.path()) : of_variables;
}

Credentials Credentials::of_login(const StoredLogin& login, const std::filesystem::path& store) {
    Credentials result;
    result.m_token = login.token;
    result.m_source = store.string();
    result.m_stored = true;
    result.m_login = login.kind == StoredLogin::Kind::oauth;
    return result;
}

CredentialKind Credentials::kind() const {
    if (m_token.empty()) {
        return CredentialKind::key;
    }
    return m_login ? CredentialKind::login : CredentialKind::token;
}

std::vector<HttpHeader> Credentials::headers() const {
    if (!m_token.empty()) {
        return {{"Authorization", "Bearer " + m_token}};
    }
    return {{"X-Auth-Key", m_key}, {"X-Auth-Email", m_email}};
}

void Credentials::hide_in(const Log& log) const {
    log.hide(m_token);
    log.hide(m_key);
}

Expected<std::string> api_base_url(const Env& env) {
    std::string url = read(env, "CLOUDFLARE_API_BASE_URL", "CF_API_BASE_URL");
    if (url.empty()) {
        return std::string(kDefaultBaseUrl);
    }
    if (!url.starts_with("https://") && !url.starts_with("http://")) {
        return fail(ErrorCode::usage, "CLOUDFLARE_API_BASE_URL is not an http or https URL");
    }
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

Expected<std::string> account_from_environment(const Env& env) {
    std::string account = read(env, "CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID");
    if (!account.empty() && !is_hex_id(account)) {
        return fail(ErrorCode::usage,
                    fmt::format("CLOUDFLARE_ACCOUNT_ID is `{}`, which is no account id",
                                printable(account)),
                    "an account id has 32 hex digits; the Cloudflare dashboard shows it in its "
                    "address: dash.cloudflare.com/<account id>");
    }
    return account;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/login.hpp"

#include <array>
#include <span>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "core/base/base64.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/api.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode {
namespace {

using namespace std::chrono_literals;
using FormField = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kAuthUrl = "https://dash.cloudflare.com/oauth2/auth";
constexpr std::string_view kTokenUrl = "https://dash.cloudflare.com/oauth2/token";
constexpr std::string_view kRevokeUrl = "https://dash.cloudflare.com/oauth2/revoke";
// offline_access is what brings a refresh token.
constexpr std::string_view kScopes =
    "account:read user:read workers:write workers_kv:write workers_routes:write "
    "workers_scripts:write workers_tail:read d1:write zone:read queues:write offline_access";
constexpr auto kRefreshBefore = 1min;
constexpr std::int64_t kLongestLife = 366LL * 24 * 3600;
constexpr std::uint64_t kMaxAnswerBytes = 64 << 10;
constexpr std::size_t kVerifierBytes = 72; // 96 characters
constexpr std::size_t kStateBytes = 24;    // 32 characters

// RFC 4648, 5, without padding.
std::string base64url(std::span<const unsigned char> bytes) {
    std::string text = base64(std::as_bytes(bytes));
    while (text.ends_with('=')) {
        text.pop_back();
    }
    return replace_all(replace_all(text, "+", "-"), "/", "_");
}

Expected<std::string> random_text(std::size_t bytes) {
    std::array<unsigned char, kVerifierBytes> random{};
    if (bytes > random.size() || RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
        return fail(ErrorCode::internal, "the system gives no random numbers");
    }
    return base64url(std::span(random).first(bytes));
}

std::string form_of(std::initializer_list<FormField> fields) {
    std::string text;
    for (const auto& [name, value] : fields) {
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, percent_encoded(value));
    }
    return text;
}

// What the server says about itself may be shown; what was sent to it may not.
Expected<nlohmann::json> post_form(Http& http, const std::string& url, const std::string& form,
                                   std::string_view doing) {
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    request.body = to_bytes(form);
    request.max_redirects = 0;
    request.max_response_bytes = kMaxAnswerBytes;
    const Expected<HttpResponse> response = http.send(request);
    if (!response) {
        return propagate(response);
    }
    nlohmann::json answer = nlohmann::json::parse(response->text(), nullptr, false);
    if (response->ok() && answer.is_object()) {
        return answer;
    }
    if (response->ok() && response->body.empty()) {
        return nlohmann::json::object();
    }
    Error error;
    error.code = ErrorCode::api;
    error.message = fmt::format("Cloudflare refused to {} (status {})", doing, response->status);
    for (const char* key : {"error", "error_description"}) {
        if (std::string text = text_of(answer, key); !text.empty()) {
            error.notes.push_back(std::move(text));
        }
    }
    return std::unexpected(std::move(error));
}

Expected<StoredLogin> login_from(const nlohmann::json& answer, const Clock& clock,
                                 StoredLogin before) {
    StoredLogin login = std::move(before);
    login.kind = StoredLogin::Kind::oauth;
    login.token = text_of(answer, "access_token");
    if (const std::string next = text_of(answer, "refresh_token"); !next.empty()) {
        login.refresh_token = next;
    }
    if (const std::string scope = text_of(answer, "scope"); !scope.empty()) {
        login.scope = scope;
    }
    const auto life = answer.find("expires_in");
    const bool good_life = life != answer.end() && life->is_number_integer() &&
                           life->get<std::int64_t>() >= 0 &&
                           life->get<std::int64_t>() <= kLongestLife;
    if (!is_token_text(login.token) || !good_life ||
        (!login.refresh_token.empty() && !is_token_text(login.refresh_token))) {
        return fail(ErrorCode::http, "the login's answer has no token of the right form");
    }
    login.expires = std::chrono::time_point_cast<std::chrono::seconds>(clock.wall_time()) +
                    std::chrono::seconds(life->get<std::int64_t>());
    return login;
}

// Tokens travel there: nobody on the way may read them.
Expected<std::string> url_from(const Env& env, std::string_view name, std::string_view usual) {
    std::string url = env.get_nonempty(name).value_or(std::string(usual));
    const bool plain_here = url.starts_with("http://") && is_loopback(url);
    if (!url.starts_with("https://") && !plain_here) {
        return fail(ErrorCode::usage, fmt::format("{} is no https URL", name));
    }
    return url;
}

bool is_fresh(const StoredLogin& login, const Clock& clock) {
    return login.kind == StoredLogin::Kind::api_token ||
           login.expires > clock.wall_time() + kRefreshBefore;
}

void hide(const StoredLogin& login, const Log& log) {
    log.hide(login.token);
    log.hide(login.refresh_token);
}

Expected<StoredLogin> refreshed(const CredentialSources& sources, const TokenStore& store) {
    const Expected<FileLock> lock = store.lock(sources.cancel);
    if (!lock) {
        return propagate(lock);
    }
    // Another run may have refreshed it while this one waited.
    Expected<std::optional<StoredLogin>> stored = store.read();
    if (!stored) {
        return propagate(stored);
    }
    if (!*stored) {
        return fail(ErrorCode::usage, "the login was removed meanwhile", "run `pymode login`");
    }
    hide(**stored, sources.log);
    if (is_fresh(**stored, sources.clock)) {
        return std::move(**stored);
    }
    Expected<StoredLogin> next = refresh_login(sources.http, sources.clock, **stored);
    if (!next) {
        return propagate(next);
    }
    hide(*next, sources.log);
    if (Expected<> written = store.write(*next); !written) {
        return propagate(written, "the old refresh token is used up: log in again");
    }
    return next;
}

} // namespace

Expected<std::optional<OauthClient>> oauth_client(const Env& env) {
    const auto client_id = env.get_nonempty("PYMODE_OAUTH_CLIENT_ID");
    if (!client_id) {
        return std::nullopt;
    }
    if (!is_token_text(*client_id)) {
        return fail(ErrorCode::usage, "PYMODE_OAUTH_CLIENT_ID is no client id");
    }
    OauthClient client{*client_id, "", "", "",
                       env.get_nonempty("PYMODE_OAUTH_SCOPES").value_or(std::string(kScopes))};
    struct Place {
        std::string_view name;
        std::string_view usual;
        std::string OauthClient::*member;
    };
    for (const Place& place :
         {Place{"PYMODE_OAUTH_AUTH_URL", kAuthUrl, &OauthClient::auth_url},
          Place{"PYMODE_OAUTH_TOKEN_URL", kTokenUrl, &OauthClient::token_url},
          Place{"PYMODE_OAUTH_REVOKE_URL", kRevokeUrl, &OauthClient::revoke_url}}) {
        Expected<std::string> url = url_from(env, place.name, place.usual);
        if (!url) {
            return propagate(url);
        }
        client.*place.member = std::move(*url);
    }
    return client;
}

std::string pkce_challenge(std::string_view verifier) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(verifier.data(), verifier.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return base64url(std::span(digest).first(size));
}

Expected<OauthSecrets> make_oauth_secrets() {
    Expected<std::string> state = random_text(kStateBytes);
    Expected<std::string> verifier = random_text(kVerifierBytes);
    if (!state || !verifier) {
        return propagate(state ? verifier : state);
    }
    std::string challenge = pkce_challenge(*verifier);
    return OauthSecrets{std::move(*state), std::move(*verifier), std::move(challenge)};
}

std::string authorization_url(const OauthClient& client, const OauthSecrets& secrets,
                              const std::string& redirect_uri) {
    return client.auth_url + (client.auth_url.find('?') == std::string::npos ? "?" : "&") +
           form_of({{"response_type", "code"},
                    {"client_id", client.client_id},
                    {"redirect_uri", redirect_uri},
                    {"scope", client.scope},
                    {"state", secrets.state},
                    {"code_challenge", secrets.challenge},
                    {"code_challenge_method", "S256"}});
}

Expected<StoredLogin> exchange_code(Http& http, const Clock& clock, const OauthClient& client,
                                    const OauthSecrets& secrets, const std::string& code,
                                    const std::string& redirect_uri) {
    const Expected<nlohmann::json> answer =
        post_form(http, client.token_url,
                  form_of({{"grant_type", "authorization_code"},
                           {"code", code},
                           {"redirect_uri", redirect_uri},
                           {"client_id", client.client_id},
                           {"code_verifier", secrets.verifier}}),
                  "log in");
    if (!answer) {
        return propagate(answer);
    }
    StoredLogin login;
    login.scope = client.scope;
    login.client_id = client.client_id;
    login.token_url = client.token_url;
    login.revoke_url = client.revoke_url;
    return login_from(*answer, clock, std::move(login));
}

Expected<StoredLogin> refresh_login(Http& http, const Clock& clock, const StoredLogin& login) {
    if (login.refresh_token.empty()) {
        return fail(ErrorCode::usage, "the login has ended", "run `pymode login` again");
    }
    const Expected<nlohmann::json> answer =
        post_form(http, login.token_url,
                  form_of({{"grant_type", "refresh_token"},
                           {"refresh_token", login.refresh_token},
                           {"client_id", login.client_id}}),
                  "prolong the login");
    if (!answer) {
        Error error = answer.error();
        if (error.code == ErrorCode::api) {
            error.hint = "run `pymode login` again";
        }
        return std::unexpected(std::move(error));
    }
    return login_from(*answer, clock, login);
}

Expected<> revoke_login(Http& http, const StoredLogin& login) {
    if (login.kind == StoredLogin::Kind::api_token) {
        return {};
    }
    const std::string& token = login.refresh_token.empty() ? login.token : login.refresh_token;
    const Expected<nlohmann::json> answer =
        post_form(http, login.revoke_url,
                  form_of({{"token", token}, {"client_id", login.client_id}}), "end the login");
    return answer ? Expected<>() : propagate(answer);
}

Expected<Credentials> usable_credentials(const CredentialSources& sources) {
    Expected<Credentials> found = Credentials::from_environment(sources.env);
    if (!found) {
        return propagate(found);
    }
    found->hide_in(sources.log);
    if (!found->is_stored()) {
        return found;
    }
    const TokenStore store(sources.env);
    Expected<std::optional<StoredLogin>> stored = store.read();
    if (!stored) {
        return propagate(stored);
    }
    if (!*stored || is_fresh(**stored, sources.clock)) {
        return found;
    }
    hide(**stored, sources.log);
    const Expected<StoredLogin> login = refreshed(sources, store);
    return login ? Expected<Credentials>(Credentials::of_login(*login, store.path()))
                 : propagate(login);
}

} // namespace pymode

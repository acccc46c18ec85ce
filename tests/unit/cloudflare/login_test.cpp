// SPDX-License-Identifier: MIT
#include "core/cloudflare/login.hpp"

#include <catch2/catch.hpp>

#include "core/cloudflare/login_listener.hpp"
#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    TempDir folder = TempDir::create().value();
    Env env{{"XDG_CONFIG_HOME", folder.path().string()}};
    TokenStore store{env};
    test::FakeHttp http;
    test::FakeClock clock;
    CancelToken cancel;

    StoredLogin login_until(std::chrono::seconds life) {
        StoredLogin login;
        login.kind = StoredLogin::Kind::oauth;
        login.token = "old-access";
        login.refresh_token = "old-refresh";
        login.expires = std::chrono::floor<std::chrono::seconds>(clock.wall_time()) + life;
        login.client_id = "client";
        login.token_url = "https://login/token";
        login.revoke_url = "https://login/revoke";
        return login;
    }

    Expected<Credentials> credentials() { return usable_credentials({env, http, clock, cancel}); }
};

} // namespace

TEST_CASE("the challenge of RFC 7636, appendix B") {
    CHECK(pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") ==
          "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_CASE("secrets are long, and new each time") {
    const auto one = make_oauth_secrets();
    const auto other = make_oauth_secrets();
    REQUIRE((one && other));
    CHECK(one->state.size() == 32);
    CHECK(one->verifier.size() == 96);
    CHECK(one->challenge == pkce_challenge(one->verifier));
    CHECK(one->state != other->state);
    CHECK(one->verifier != other->verifier);
}

TEST_CASE("the client comes from the environment") {
    CHECK_FALSE(oauth_client(Env())->has_value());
    const auto client = oauth_client(Env{{"PYMODE_OAUTH_CLIENT_ID", "id"}});
    REQUIRE((client && *client));
    CHECK((*client)->token_url == "https://dash.cloudflare.com/oauth2/token");
    CHECK((*client)->scope.find("offline_access") != std::string::npos);
    CHECK(oauth_client(
        Env{{"PYMODE_OAUTH_CLIENT_ID", "id"}, {"PYMODE_OAUTH_TOKEN_URL", "http://127.0.0.1:1/t"}}));
    CHECK_FALSE(oauth_client(
        Env{{"PYMODE_OAUTH_CLIENT_ID", "id"}, {"PYMODE_OAUTH_TOKEN_URL", "http://example.com/t"}}));
    CHECK_FALSE(oauth_client(Env{{"PYMODE_OAUTH_CLIENT_ID", "i d"}}));
}

TEST_CASE_METHOD(Fixture, "a login that has not ended is used as it is") {
    REQUIRE(store.write(login_until(2min)));
    const auto found = credentials();
    REQUIRE(found);
    CHECK(found->headers().front().value == "Bearer old-access");
    CHECK(found->kind() == CredentialKind::login);
    CHECK(http.requests.empty());
}

TEST_CASE_METHOD(Fixture, "a login about to end is refreshed, and the new tokens are stored") {
    REQUIRE(store.write(login_until(30s)));
    const std::string next = GENERATE(R"(,"refresh_token":"new-refresh")", "");
    http.will_answer(200, R"({"access_token":"new-access","expires_in":3600)" + next + "}");
    const auto found = credentials();
    REQUIRE(found);
    CHECK(found->headers().front().value == "Bearer new-access");
    CHECK(as_text(*http.requests[0].body) ==
          "grant_type=refresh_token&refresh_token=old-refresh&client_id=client");
    const auto stored = store.read();
    REQUIRE((stored && *stored));
    CHECK((*stored)->token == "new-access");
    CHECK((*stored)->refresh_token == (next.empty() ? "old-refresh" : "new-refresh"));
    CHECK((*stored)->expires > clock.wall_time() + 59min);
}

TEST_CASE_METHOD(Fixture, "answers to a refresh that are none leave the store as it was") {
    const StoredLogin before = login_until(0s);
    REQUIRE(store.write(before));
    struct Row {
        int status;
        std::string body;
    };
    const auto row = GENERATE(values<Row>({
        {400, R"({"error":"invalid_grant","error_description":"used"})"},
        {200, "<html>"},
        {200, "{}"},
        {200, R"({"access_token":7,"expires_in":1})"},
        {200, R"({"access_token":"a b","expires_in":1})"},
        {200, R"({"access_token":"ab","expires_in":-1})"},
        {200, R"({"access_token":"ab","expires_in":1e300})"},
        {200, R"({"access_token":"ab","expires_in":1,"refresh_token":"\r\n"})"},
    }));
    INFO(row.body);
    http.will_answer(row.status, row.body);
    const auto found = credentials();
    REQUIRE_FALSE(found);
    CHECK(format_error(found.error(), Colour::no).find("old-") == std::string::npos);
    CHECK(store.read().value() == std::optional(before));
}

TEST_CASE_METHOD(Fixture, "logging out revokes what can be prolonged") {
    http.will_answer(200, "");
    CHECK(revoke_login(http, login_until(1h)));
    CHECK(http.requests[0].url == "https://login/revoke");
    CHECK(as_text(*http.requests[0].body) == "token=old-refresh&client_id=client");
    StoredLogin token;
    token.token = "t";
    CHECK(revoke_login(http, token));
    CHECK(http.requests.size() == 1);
}

TEST_CASE("a login that nobody follows ends, and says what to do") {
    Expected<LoginListener> listener = LoginListener::open(0);
    REQUIRE(listener);
    const auto code = listener->wait_for_code("state", CancelToken(), 60ms);
    REQUIRE_FALSE(code);
    CHECK(code.error().code == ErrorCode::network);
    CHECK(code.error().message == "nobody logged in within 60 ms");
    CHECK(code.error().hint.starts_with("run `pymode login` again"));
}

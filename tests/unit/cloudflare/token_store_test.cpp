// SPDX-License-Identifier: MIT
#include "core/cloudflare/token_store.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "core/cloudflare/credentials.hpp"

using namespace pymode;

namespace {

struct Fixture {
    TempDir folder = TempDir::create().value();
    Env env{{"XDG_CONFIG_HOME", folder.path().string()}};
    TokenStore store{env};

    [[nodiscard]] mode_t mode_of(const fs::path& path) const {
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        return status.st_mode & 07777;
    }
};

StoredLogin oauth_login() {
    StoredLogin login;
    login.kind = StoredLogin::Kind::oauth;
    login.token = "access-token";
    login.refresh_token = "refresh-token";
    login.expires = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));
    login.scope = "a:read \"b\\";
    login.client_id = "client";
    login.token_url = "https://t/";
    login.revoke_url = "https://r/";
    return login;
}

} // namespace

TEST_CASE_METHOD(Fixture, "what is stored comes back, and nobody else can read it") {
    CHECK(store.read().value() == std::nullopt);
    StoredLogin token;
    token.token = "api-token-value";
    for (const StoredLogin& login : {oauth_login(), token}) {
        REQUIRE(store.write(login));
        CHECK(store.read().value() == std::optional(login));
        CHECK(mode_of(store.path()) == 0600);
        CHECK(mode_of(store.path().parent_path()) == 0700);
    }
    CHECK(store.remove().value() == true);
    CHECK(store.remove().value() == false);
}

TEST_CASE_METHOD(Fixture, "a file that cannot be trusted is refused without showing it") {
    StoredLogin login;
    login.token = "secret-secret";
    REQUIRE(store.write(login));
    SECTION("others may read it") {
        fs::permissions(store.path(), fs::perms(0640));
    }
    SECTION("a link") {
        fs::rename(store.path(), folder.path() / "elsewhere");
        fs::create_symlink(folder.path() / "elsewhere", store.path());
    }
    SECTION("no TOML") {
        REQUIRE(write_file_atomic(store.path(), "token = secret-secret", 0600));
    }
    SECTION("another kind") {
        REQUIRE(write_file_atomic(store.path(), "kind = \"x\"\ntoken = \"secret-secret\"", 0600));
    }
    SECTION("a token that cannot stand in a header") {
        REQUIRE(write_file_atomic(store.path(),
                                  "kind = \"api-token\"\ntoken = \"secret-secret\\r\\n\"", 0600));
    }
    SECTION("too large") {
        REQUIRE(write_file_atomic(store.path(), std::string(100'000, '#'), 0600));
    }
    const auto read = store.read();
    REQUIRE_FALSE(read);
    CHECK(format_error(read.error(), Colour::no).find("secret-secret") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "variables go before the store") {
    StoredLogin login;
    login.token = "stored";
    REQUIRE(store.write(login));
    const auto stored = Credentials::from_environment(env);
    REQUIRE(stored);
    CHECK(stored->headers().front().value == "Bearer stored");
    CHECK(stored->is_stored());
    env.set("CLOUDFLARE_API_TOKEN", "variable");
    CHECK(Credentials::from_environment(env)->headers().front().value == "Bearer variable");
    env.set("CLOUDFLARE_API_TOKEN", "wrong one");
    CHECK_FALSE(Credentials::from_environment(env));
}

TEST_CASE("without a home there is no store") {
    const TokenStore store{Env()};
    CHECK(store.read().value() == std::nullopt);
    CHECK_FALSE(store.write(oauth_login()));
    CHECK(store.remove().value() == false);
}

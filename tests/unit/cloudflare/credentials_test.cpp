// SPDX-License-Identifier: MIT
#include "core/cloudflare/credentials.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

} // namespace

TEST_CASE("credentials are taken in wrangler's order") {
    struct Row {
        Variables env;
        std::string header; // name: value of the first one; empty: there are none
    };
    const auto row = GENERATE(values<Row>(
        {{{}, ""},
         {{{"CLOUDFLARE_API_TOKEN", ""}}, ""},
         {{{"CLOUDFLARE_API_TOKEN", "t"}}, "Authorization: Bearer t"},
         {{{"CF_API_TOKEN", "old"}}, "Authorization: Bearer old"},
         {{{"CLOUDFLARE_API_TOKEN", "t"}, {"CF_API_TOKEN", "old"}}, "Authorization: Bearer t"},
         {{{"CLOUDFLARE_API_KEY", "k"}, {"CLOUDFLARE_EMAIL", "a@b"}, {"CLOUDFLARE_API_TOKEN", "t"}},
          "X-Auth-Key: k"},
         {{{"CLOUDFLARE_API_KEY", "k"}, {"CLOUDFLARE_API_TOKEN", "t"}}, "Authorization: Bearer t"},
         {{{"CLOUDFLARE_API_KEY", "k"}}, ""}}));
    const auto credentials = Credentials::from_environment(Env(row.env));
    CHECK(credentials.has_value() == !row.header.empty());
    if (credentials) {
        const HttpHeader first = credentials->headers().front();
        CHECK(first.name + ": " + first.value == row.header);
    }
}

TEST_CASE("a mangled token is named by its variable, never shown") {
    const std::string token = GENERATE("abc\ndef", "abc def", "abc\xC3\xA9");
    const auto credentials =
        Credentials::from_environment(Env(Variables{{"CLOUDFLARE_API_TOKEN", token}}));
    REQUIRE_FALSE(credentials);
    const std::string text = format_error(credentials.error(), Colour::no);
    CHECK(text.find("CLOUDFLARE_API_TOKEN") != std::string::npos);
    CHECK(text.find("abc") == std::string::npos);
}

TEST_CASE("base URL and account") {
    CHECK(api_base_url(Env()) == "https://api.cloudflare.com/client/v4");
    CHECK(api_base_url(Env(Variables{{"CLOUDFLARE_API_BASE_URL", "http://127.0.0.1:1/v4//"}})) ==
          "http://127.0.0.1:1/v4");
    CHECK_FALSE(api_base_url(Env(Variables{{"CLOUDFLARE_API_BASE_URL", "ftp://x"}})));
    CHECK(account_from_environment(Env()) == "");
    CHECK(account_from_environment(
              Env(Variables{{"CLOUDFLARE_ACCOUNT_ID", "00000000000000000000000000000abc"}})) ==
          "00000000000000000000000000000abc");
    CHECK_FALSE(account_from_environment(Env(Variables{{"CLOUDFLARE_ACCOUNT_ID", "../../x"}})));
}

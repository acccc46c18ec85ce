// SPDX-License-Identifier: MIT
#include "core/cloudflare/secrets.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/api_fixture.hpp"

using namespace pymode;
using test::ApiFixture;
using test::Calls;

TEST_CASE("changes are read from JSON and from lines") {
    const SecretChanges wanted{{"A", "1"}, {"B", "x=y"}};
    CHECK(*parse_secret_changes("f", R"( {"A":"1","B":"x=y"} )") == wanted);
    CHECK(*parse_secret_changes("f", "# note\nA=1\nexport B='x=y'\n") == wanted);
    CHECK(*parse_secret_changes("f", R"({"OLD":null})") == SecretChanges{{"OLD", std::nullopt}});
}

TEST_CASE("changes that are wrong are refused without a word of the values") {
    struct Row {
        std::string text;
        std::string message;
    };
    std::string many;
    for (int i = 0; i <= 100; ++i) {
        many += "N" + std::to_string(i) + "=hunter2\n";
    }
    const Row rows[] = {
        {"", "f: there are no secrets"},
        {"{}", "f: there are no secrets"},
        {R"({"A":"hunter2)", "f: no valid JSON at line 1, column 14"},
        {"{\"A\":\n hunter2}", "f: no valid JSON at line 2, column 2"},
        {R"({"A":["hunter2"]})", "f: the value of A is neither a string nor null"},
        {R"({"A B":"hunter2"})", "f: `A B` is no name of a secret"},
        {"A=1\nhunter2\n", "expected NAME=value"},
        {"\xFF=hunter2", "f: the text is not UTF-8"},
        {many, "f: 101 secrets are more than the 100 of one call"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto changes = parse_secret_changes("f", row.text);
        REQUIRE_FALSE(changes);
        CHECK(changes.error().message == row.message);
        CHECK(format_error(changes.error(), Colour::no).find("hunter2") == std::string::npos);
        CHECK(exit_code(changes.error().code) == 2);
    }
}

TEST_CASE_METHOD(ApiFixture, "the calls are those of the recording") {
    http.will_succeed(R"({"name":"A","type":"secret_text"})");
    REQUIRE(put_secret(api, worker, "A", "v"));
    http.will_succeed(R"([{"name":"B","type":"secret_text"},{"name":"A"},7])");
    const auto secrets = list_secrets(api, worker);
    REQUIRE(secrets);
    REQUIRE(secrets->size() == 3); // an odd entry is no crash
    CHECK(secrets->at(1).name == "A");
    http.will_succeed("null");
    REQUIRE(delete_secret(api, worker, "A/B"));
    http.will_succeed("[]");
    REQUIRE(change_secrets(api, worker, {{"A", "1"}, {"OLD", std::nullopt}}));

    const std::string base = "/accounts/acc/workers/scripts/w/secrets";
    CHECK(http.calls() == Calls{"PUT " + base, "GET " + base,
                                "DELETE " + base + "/A%2FB?url_encoded=true",
                                "PATCH " + base + "-bulk"});
    CHECK(sent(0) == nlohmann::json{{"name", "A"}, {"text", "v"}, {"type", "secret_text"}});
    CHECK(sent(3) ==
          nlohmann::json::parse(
              R"({"secrets":{"A":{"name":"A","text":"1","type":"secret_text"},"OLD":null}})"));
    CHECK(http.requests[3].headers[1].value == "application/merge-patch+json");
}

TEST_CASE_METHOD(ApiFixture, "secrets of a version that is not deployed") {
    http.will_succeed(R"({"id":"38760e3e-0751-4b50-986c-1b3ea2b29424","number":6})");
    const auto version =
        change_secrets_of_latest(api, worker, {{"A", "1"}, {"OLD", std::nullopt}}, "why");
    REQUIRE(version);
    CHECK(*version == "38760e3e-0751-4b50-986c-1b3ea2b29424");
    CHECK(http.calls() == Calls{"PATCH /accounts/acc/workers/workers/w/versions/latest"});
    CHECK(sent(0) == nlohmann::json::parse(
                         R"({"env":{"A":{"type":"secret_text","text":"1"},"OLD":null},
                             "annotations":{"workers/message":"why"}})"));
    CHECK(http.requests[0].headers[1].value == "application/merge-patch+json");

    http.will_refuse(404, 10222, "No versions");
    const auto none = change_secrets_of_latest(api, worker, {{"A", "1"}}, "why");
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ErrorCode::not_found);
}

TEST_CASE_METHOD(ApiFixture, "refusals have their sentences") {
    http.will_refuse(404, 10007, "This Worker does not exist on your account.");
    const auto missing = put_secret(api, worker, "A", "v");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::not_found);
    CHECK(missing.error().message == "the account has no Worker w");

    http.will_refuse(400, 10215, "Secret edit failed.");
    const auto drifted = put_secret(api, worker, "A", "v");
    REQUIRE_FALSE(drifted);
    CHECK(drifted.error().message.starts_with("the latest version of w is not the one"));

    http.will_refuse(404, 10056, "not found");
    CHECK(delete_secret(api, worker, "A").error().code == ErrorCode::not_found);
    http.will_refuse(404, 10056, "not found");
    http.after_attempts(2); // the first one has deleted it, and its answer was lost
    CHECK(delete_secret(api, worker, "A"));
}

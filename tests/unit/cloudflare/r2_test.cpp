// SPDX-License-Identifier: MIT
#include "core/cloudflare/r2.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/api_fixture.hpp"

using namespace pymode;
using test::ApiFixture;
using test::Calls;

namespace {

const R2Place kPlace{"acc", "b"};
const std::string kBase = "/accounts/acc/r2/buckets";

} // namespace

TEST_CASE("what an object's key may be") {
    for (const char* good : {"a", "a/b", "a//b", "/a", "a/", "a/...", "ключ", "a?b#c%2F"}) {
        CHECK(check_r2_key(good));
    }
    for (const std::string& bad :
         {std::string(), std::string("."), std::string("a/../b"), std::string("../x"),
          std::string(1025, 'x'), std::string("\xFF")}) {
        CHECK_FALSE(check_r2_key(bad));
    }
}

TEST_CASE_METHOD(ApiFixture, "keys are percent-encoded but for their slashes") {
    const auto ignore = [](std::uint64_t) {};
    http.will_succeed("{}");
    REQUIRE(put_r2_object(api, kPlace, "a b/c?d%2F", "/file",
                          {.content_type = "text/plain", .cache_control = "no-store"}, ignore));
    const HttpRequest& sent = http.requests[0];
    CHECK(sent.body_file == "/file");
    CHECK(sent.headers[1].value == "no-store");
    CHECK(sent.headers[2].value == "text/plain");
    http.will_answer(200, "bytes");
    REQUIRE(get_r2_object(api, kPlace, "a", nullptr, ignore));
    http.will_refuse(404, 10007, "The specified key does not exist.");
    CHECK(get_r2_object(api, kPlace, "a", nullptr, ignore).error().message == "b has no object a");
    http.will_refuse(404, 10006, "The specified bucket does not exist.");
    CHECK(delete_r2_object(api, kPlace, "a").error().message == "the account has no R2 bucket b");
    http.will_refuse(404, 10007, "gone");
    http.after_attempts(2);
    CHECK(delete_r2_object(api, kPlace, "a"));
    CHECK(http.calls() == Calls{"PUT " + kBase + "/b/objects/a%20b/c%3Fd%252F",
                                "GET " + kBase + "/b/objects/a", "GET " + kBase + "/b/objects/a",
                                "DELETE " + kBase + "/b/objects/a",
                                "DELETE " + kBase + "/b/objects/a"});
}

TEST_CASE_METHOD(ApiFixture, "buckets") {
    http.will_answer(200, R"({"success":true,"result":{"buckets":[{"name":"b"}]},
        "result_info":{"cursor":"c"}})");
    http.will_answer(200, R"({"success":true,"result":{"buckets":[{"name":"d"},4]}})");
    CHECK(list_r2_buckets(api, "acc")->size() == 3);
    http.will_break();
    http.will_succeed(R"({"name":"b"})");
    CHECK(create_r2_bucket(api, kPlace, "")->name == "b");
    http.will_break();
    http.will_refuse(404, 10006, "none");
    http.will_succeed(R"({"name":"b"})");
    CHECK(create_r2_bucket(api, kPlace, "weur")->name == "b");
    http.will_refuse(409, 10004, "exists");
    CHECK(create_r2_bucket(api, kPlace, "").error().message == "there is an R2 bucket b already");
    http.will_refuse(409, 10008, "not empty");
    CHECK(delete_r2_bucket(api, kPlace).error().hint == "delete its objects first");
    CHECK(http.done());
}

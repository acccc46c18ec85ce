// SPDX-License-Identifier: MIT
#include "core/cloudflare/delete_worker.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/api_fixture.hpp"

using namespace pymode;
using test::ApiFixture;
using test::Calls;

TEST_CASE_METHOD(ApiFixture, "who depends on a Worker, and what goes with it") {
    http.will_succeed(
        R"({"services":{"incoming":[{"service":"api","name":"BACKEND"}],"outgoing":[{}]},
        "durable_objects":[{"service":"chat","name":"ROOM","durable_object_namespace_name":"w_Room"}],
        "dispatch_outbounds":[]})");
    http.will_succeed(R"([{"producer":{"script":"shop"}},3])");
    http.will_succeed(R"([{"script":"w","class":"Room"},{"script":"other","class":"X"}])");
    const auto uses = find_worker_uses(api, worker);
    REQUIRE(uses);
    CHECK(uses->dependents ==
          std::vector<std::string>{"api calls it through its binding BACKEND",
                                   "chat uses its Durable Objects w_Room through its binding ROOM",
                                   "shop sends its logs to it", " sends its logs to it"});
    CHECK(uses->object_classes == std::vector<std::string>{"Room"});
    CHECK(http.calls() ==
          Calls{"GET /accounts/acc/workers/scripts/w/references",
                "GET /accounts/acc/workers/tails/by-consumer/w",
                "GET /accounts/acc/workers/durable_objects/namespaces?per_page=1000"});
}

TEST_CASE_METHOD(ApiFixture, "odd answers name nobody") {
    for (const char* odd : {"null", "[]", R"({"services":7})", R"({"services":{"incoming":{}}})"}) {
        http.will_succeed(odd);
        http.will_succeed("null");
        http.will_succeed("{}");
        const auto uses = find_worker_uses(api, worker);
        REQUIRE(uses);
        CHECK(uses->dependents.empty());
    }
}

TEST_CASE_METHOD(ApiFixture, "a Worker is deleted once") {
    const std::string path = "/accounts/acc/workers/services/w?force=";
    http.will_succeed("null");
    CHECK(delete_worker(api, worker, AlsoIfUsed::no));
    http.will_succeed("null");
    CHECK(delete_worker(api, worker, AlsoIfUsed::yes));
    CHECK(http.calls() == Calls{"DELETE " + path + "false", "DELETE " + path + "true"});

    http.will_refuse(404, 10090, "none");
    CHECK(delete_worker(api, worker, AlsoIfUsed::no).error().code == ErrorCode::not_found);
    http.will_refuse(404, 10090, "none");
    http.after_attempts(2);
    CHECK(delete_worker(api, worker, AlsoIfUsed::no));
    http.will_refuse(400, 1, "is used by api");
    CHECK(delete_worker(api, worker, AlsoIfUsed::no).error().hint.find("--force") !=
          std::string::npos);
}

// SPDX-License-Identifier: MIT
#include "core/cloudflare/deployments.hpp"

#include <catch2/catch.hpp>

#include "core/cloudflare/versions.hpp"
#include "tests/unit/cloudflare/api_fixture.hpp"

using namespace pymode;
using test::ApiFixture;
using test::Calls;

namespace {

const std::string kPath = "/accounts/acc/workers/scripts/w/deployments";

Deployment deployment(std::vector<VersionShare> versions) {
    Deployment one;
    one.versions = std::move(versions);
    return one;
}

// The answer to a list with one deployment of `version`.
std::string listed(const std::string& id, const std::string& version) {
    return R"({"deployments":[{"id":")" + id + R"(","versions":[{"version_id":")" + version +
           R"(","percentage":100}]}]})";
}

} // namespace

TEST_CASE("a rollback goes to the newest earlier version that had all requests") {
    struct Row {
        std::vector<Deployment> deployments; // newest first
        std::string target;                  // empty: none
    };
    const Row rows[] = {
        {{}, ""},
        {{deployment({{"a", 100}})}, ""},
        {{deployment({{"b", 100}}), deployment({{"a", 100}})}, "a"},
        {{deployment({{"c", 100}}), deployment({{"b", 50}, {"a", 50}}), deployment({{"a", 100}})},
         "a"},
        // The same version twice: back to itself would be no rollback.
        {{deployment({{"b", 100}}), deployment({{"b", 100}}), deployment({{"a", 100}})}, "a"},
        {{deployment({{"b", 10}, {"a", 90}}), deployment({{"a", 100}})}, "a"},
        {{deployment({{"b", 100}}), deployment({})}, ""},
    };
    for (const Row& row : rows) {
        CHECK(rollback_target(row.deployments).value_or("") == row.target);
    }
}

TEST_CASE("a version's id is a UUID") {
    CHECK(is_version_id("3b5c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b10"));
    for (const char* text :
         {"", "3b5c9a1e", "3b5c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b1",
          "3b5c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b100", "3B5C9A1E-0c4d-4e55-9d0c-8f1d7a6e2b10",
          "../c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b10"}) {
        CHECK_FALSE(is_version_id(text));
    }
}

TEST_CASE_METHOD(ApiFixture, "deployments are read whatever the answer is like") {
    http.will_succeed(R"({"deployments":[{"id":"1","created_on":"2026-01-01T00:00:00Z"},
        {"id":"2","created_on":"2026-01-02T00:00:00Z","annotations":{"workers/message":"why"},
         "versions":[{"version_id":"v","percentage":90.5},{"percentage":"x"},5]},7]})");
    const auto deployments = list_deployments(api, worker);
    REQUIRE(deployments);
    REQUIRE(deployments->size() == 3);
    CHECK(deployments->front().id == "2");
    CHECK(deployments->front().message == "why");
    CHECK(deployments->front().versions ==
          std::vector<VersionShare>{{"v", 90.5}, {"", 0}, {"", 0}});
    for (const char* odd : {"null", "[]", "7", R"({"deployments":null})"}) {
        http.will_succeed(odd);
        CHECK(list_deployments(api, worker)->empty());
    }
}

TEST_CASE_METHOD(ApiFixture, "a deployment is one call") {
    http.will_succeed(R"({"id":"new"})");
    const auto outcome = create_deployment(api, worker, {{{"v", 90}, {"u", 10}}, "why"}, "old");
    REQUIRE(outcome);
    CHECK(outcome->id == "new");
    CHECK(http.calls() == Calls{"POST " + kPath});
    CHECK(
        sent(0).dump() ==
        R"({"annotations":{"workers/message":"why"},"strategy":"percentage","versions":[{"percentage":90,"version_id":"v"},{"percentage":10,"version_id":"u"}]})");
}

TEST_CASE_METHOD(ApiFixture, "a deployment whose answer is lost is looked for") {
    const NewDeployment wanted{{{"v", 100}}, "", false};
    SECTION("it has taken effect") {
        http.will_break();
        http.will_succeed(listed("new", "v"));
        CHECK(create_deployment(api, worker, wanted, "old")->id == "new");
    }
    SECTION("it has not, and is sent again") {
        http.will_refuse(500, 10013, "oops");
        http.will_succeed(listed("old", "v")); // the same version, but the deployment of before
        http.will_succeed(R"({"id":"second"})");
        CHECK(create_deployment(api, worker, wanted, "old")->id == "second");
        CHECK(clock.sleeps.size() == 1);
    }
    SECTION("nobody knows") {
        http.will_break();
        http.will_break();
        const auto outcome = create_deployment(api, worker, wanted, "old");
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().notes.back().starts_with("whether it has taken effect is not known"));
    }
    SECTION("three attempts are all") {
        for (int i = 0; i < 3; ++i) {
            http.will_refuse(502, 0, "bad");
            http.will_succeed(listed("old", "u"));
        }
        CHECK_FALSE(create_deployment(api, worker, wanted, "old"));
    }
    SECTION("a refusal is certain") {
        http.will_refuse(404, 10214, "none");
        CHECK(create_deployment(api, worker, wanted, "old").error().code == ErrorCode::not_found);
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(ApiFixture, "changed secrets are an outcome, and can be overridden") {
    http.will_refuse(400, 10220, "The following secrets have changed: KEY");
    const auto outcome = create_deployment(api, worker, {{{"v", 100}}, ""}, "old");
    REQUIRE(outcome);
    CHECK(outcome->id.empty());
    CHECK(outcome->changed_secrets == "The following secrets have changed: KEY");
    http.will_succeed(R"({"id":"new"})");
    REQUIRE(create_deployment(api, worker, {{{"v", 100}}, "", true}, "old"));
    CHECK(http.calls().back() == "POST " + kPath + "?force=true");
}

TEST_CASE_METHOD(ApiFixture, "versions are read whatever the answer is like") {
    http.will_succeed(R"({"items":[{"id":"v2","number":2,"metadata":{"created_on":"x"},
        "annotations":{"workers/tag":"t"}},{"number":-1,"metadata":7},5]})");
    const auto versions = list_versions(api, worker, 2);
    REQUIRE(versions);
    REQUIRE(versions->size() == 2);
    CHECK(versions->front().number == 2);
    CHECK(versions->front().tag == "t");

    http.will_succeed(R"({"id":"v","startup_time_ms":12,"resources":{"bindings":[{"name":"A",
        "type":"secret_text"},1],"script":{"handlers":["fetch",2]},"script_runtime":[]}})");
    const auto version = get_version(api, worker, "v");
    REQUIRE(version);
    CHECK(version->startup_time_ms == 12);
    CHECK(version->bindings.front().type == "secret_text");
    CHECK(version->handlers == std::vector<std::string>{"fetch"});
    http.will_refuse(404, 10214, "none");
    CHECK(get_version(api, worker, "v").error().message == "w has no version v");
}

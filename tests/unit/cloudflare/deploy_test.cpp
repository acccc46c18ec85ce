// SPDX-License-Identifier: MIT
#include "core/cloudflare/deploy.hpp"

#include <catch2/catch.hpp>

#include "core/cloudflare/account.hpp"
#include "core/project/config.hpp"
#include "core/project/toml.hpp"
#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;

namespace {

const std::string kAccount = "00000000000000000000000000000abc";
const std::string kBase = "http://api/accounts/" + kAccount + "/workers";

struct Fixture {
    Fixture()
        : api(http, clock, cancel, "http://api",
              *Credentials::from_environment(Env(std::map<std::string, std::string, std::less<>>{
                  {"CLOUDFLARE_API_TOKEN", "t"}}))) {
        project.worker.name = "w";
        bundle.metadata = "{\"main_module\":\"worker.js\"}";
        bundle.add("worker.js", ModuleKind::javascript, as_bytes("export"));
        bundle.add("dynload/a.wasm", ModuleKind::wasm, as_bytes("wasm"));
    }

    Expected<DeployResult> run() { return deploy(api, project, bundle, kAccount, {}); }

    test::FakeHttp http;
    test::FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
    Project project;
    Bundle bundle;
};

} // namespace

TEST_CASE_METHOD(Fixture, "a first deploy makes the calls of the recording, in order") {
    http.will_refuse(404, 10090, "workers.api.error.service_not_found");
    http.will_succeed(R"({"subdomain":"sub"})");
    http.will_succeed(
        R"({"id":"w","deployment_id":"77484c9d8c4f4ceea072c695fac5fa6a","startup_time_ms":12})");
    http.will_succeed(R"({"enabled":true})");
    const auto result = run();
    REQUIRE(result);
    CHECK(http.calls() ==
          std::vector<std::string>{"GET " + kBase + "/services/w", "GET " + kBase + "/subdomain",
                                   "PUT " + kBase +
                                       "/scripts/w?excludeScript=true&bindings_inherit=strict",
                                   "POST " + kBase + "/scripts/w/subdomain"});
    CHECK(result->created);
    CHECK(result->url == "https://w.sub.workers.dev");
    CHECK(result->version_id == "77484c9d-8c4f-4cee-a072-c695fac5fa6a");
    CHECK(result->startup_time_ms == 12);

    const auto& parts = http.requests[2].multipart;
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].name == "metadata");
    CHECK(parts[0].filename.empty());
    CHECK(parts[0].content_type.empty());
    CHECK(parts[2].name == "dynload/a.wasm");
    CHECK(parts[2].filename == "dynload/a.wasm");
    CHECK(parts[2].content_type == "application/wasm");
    CHECK(as_text(parts[2].content) == "wasm");
    CHECK(as_text(*http.requests[3].body) == "{\"enabled\":true}");
}

TEST_CASE_METHOD(Fixture, "without workers.dev it is switched off and its name not asked for") {
    project.worker.workers_dev = false;
    http.will_succeed("{}");
    http.will_succeed(R"({"deployment_id":"not-hex"})");
    http.will_succeed("{}");
    const auto result = run();
    REQUIRE(result);
    CHECK_FALSE(result->created);
    CHECK(result->url.empty());
    CHECK(result->version_id == "not-hex");
    CHECK(as_text(*http.requests[2].body) == "{\"enabled\":false}");
}

TEST_CASE_METHOD(Fixture, "every call that fails ends the deploy there") {
    SECTION("the look-up") {
        http.will_refuse(401, 10000, "Authentication error");
        CHECK(run().error().message == "Cloudflare refused to look the Worker up (status 401)");
    }
    SECTION("no workers.dev name") {
        http.will_refuse(404, 10090, "none");
        http.will_refuse(404, 10007, "You do not have a workers.dev subdomain.");
        CHECK(run().error().message == "this account has no workers.dev name yet");
    }
    SECTION("the upload") {
        http.will_succeed("{}");
        http.will_succeed(R"({"subdomain":"sub"})");
        http.will_refuse(400, 10021, "Uncaught SyntaxError");
        CHECK(run().error().message == "Cloudflare refused to take the Worker (status 400)");
    }
    SECTION("the switch: the Worker is up, and that is said") {
        http.will_succeed("{}");
        http.will_succeed(R"({"subdomain":"sub"})");
        http.will_succeed("{}");
        http.will_refuse(400, 1, "no");
        CHECK(run().error().notes.front() == "the Worker is uploaded; only this last step failed");
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "the account: the one that is configured, or the only one") {
    CHECK(choose_account(api, kAccount) == kAccount);

    http.will_succeed(R"([{"id":")" + kAccount + R"(","name":"mine"}])");
    CHECK(choose_account(api, "") == kAccount);

    http.will_succeed(R"([{"id":"a","name":"one"},{"id":"b","name":"two"}])");
    const auto several = choose_account(api, "");
    REQUIRE_FALSE(several);
    CHECK(several.error().notes == std::vector<std::string>{"a is one", "b is two"});

    http.will_succeed("[]");
    CHECK(choose_account(api, "").error().message == "the token can see no account");
    http.will_succeed(R"([{"id":"../../evil","name":"x"}])");
    CHECK_FALSE(choose_account(api, ""));
}

TEST_CASE_METHOD(Fixture, "the plan names the calls that deploy makes") {
    const auto methods = [](const std::vector<DeployStep>& steps) {
        std::string text;
        for (const DeployStep& step : steps) {
            text += step.method + " ";
        }
        return text;
    };
    CHECK(methods(plan_deploy(project, bundle, kAccount)) == "GET GET PUT POST ");
    CHECK(methods(plan_deploy(project, bundle, "")) == "GET GET GET PUT POST ");
    project.worker.workers_dev = false;
    CHECK(methods(plan_deploy(project, bundle, kAccount)) == "GET PUT POST ");
}

TEST_CASE("what cannot be deployed is said before the network is asked") {
    struct Row {
        std::string text;
        std::string message;
        int line;
    };
    const Row rows[] = {
        {"[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n", "the KV namespace A has no id", 3},
        {"[tool.pymode]\nroutes = [\"example.com/*\"]\ntriggers.crons = []\n",
         "pymode deploy does not set up routes, triggers.crons yet", 0},
        {"[tool.pymode.assets]\ndirectory = \"public\"\n",
         "pymode deploy does not set up assets yet", 0},
        {"[tool.pymode.ai]\nbinding = \"AI\"\n", "", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto document = parse_toml("pyproject.toml", "[project]\nname = \"w\"\n" + row.text);
        REQUIRE(document);
        const auto read = read_config({*document});
        REQUIRE(read);
        const Expected<> deployable = check_deployable(*read);
        CHECK((deployable ? "" : deployable.error().message) == row.message);
        if (!deployable && row.line > 0) {
            REQUIRE(deployable.error().where);
            CHECK(deployable.error().where->line == row.line);
        }
    }
}

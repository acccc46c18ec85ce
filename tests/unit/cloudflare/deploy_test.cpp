// SPDX-License-Identifier: MIT
#include "core/cloudflare/deploy.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/account.hpp"
#include "core/project/config.hpp"
#include "core/project/toml.hpp"
#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;

namespace {

const std::string kAccount = "00000000000000000000000000000abc";
const std::string kBase = "http://api/accounts/" + kAccount + "/workers";

constexpr std::string_view kOldVersion = "11111111-1111-4111-8111-111111111111";
constexpr std::string_view kNewVersion = "22222222-2222-4222-8222-222222222222";

struct Fixture {
    Fixture()
        : api(http, clock, cancel, "http://api",
              *Credentials::from_environment(Env(std::map<std::string, std::string, std::less<>>{
                  {"CLOUDFLARE_API_TOKEN", "t"}}))) {
        project.worker.name = "w";
        bundle.add("worker.js", ModuleKind::javascript, as_bytes("export"));
        bundle.add("dynload/a.wasm", ModuleKind::wasm, as_bytes("wasm"));
    }

    Expected<DeployResult> run(decltype(&deploy) what = deploy) {
        return what(api, {project, bundle, assets, annotations, secrets, MayCreate::no, false},
                    kAccount,
                    {.on_step = {},
                     .on_warning = [&](std::string_view text) { warnings.emplace_back(text); },
                     .on_upload = {},
                     .ask_after_interruption = {}});
    }

    // The answers to the questions of the beginning.
    void there_is_no_worker() {
        http.will_refuse(404, 10090, "workers.api.error.service_not_found");
        http.will_refuse(404, 10007, "workers.api.error.script_not_found");
        if (project.worker.env_size() > 0) {
            http.will_refuse(404, 10007, "workers.api.error.script_not_found");
        }
        will_tell_subdomain();
    }

    void there_is_a_worker(const std::string& tag = "", const std::string& secret = "") {
        http.will_succeed(R"({"default_environment":{"script":{"migration_tag":")" + tag +
                          R"(","last_deployed_from":"api"}}})");
        live_is("d1", kOldVersion);
        if (project.worker.env_size() > 0) {
            http.will_succeed(R"([{"name":")" + secret + R"(","type":"secret_text"}])");
        }
        will_tell_subdomain();
    }

    void will_tell_subdomain() {
        if (project.worker.on_workers_dev()) {
            http.will_succeed(R"({"subdomain":"sub"})");
        }
    }

    void live_is(std::string_view deployment, std::string_view version) {
        http.will_succeed(fmt::format(
            R"({{"deployments":[{{"id":"{}","versions":[{{"version_id":"{}","percentage":100}}]}}]}})",
            deployment, version));
    }

    void version_is_uploaded() {
        http.will_succeed(fmt::format(R"({{"id":"{}","startup_time_ms":12}})", kNewVersion));
    }

    // Method and path behind the Worker's own, one a line.
    [[nodiscard]] std::vector<std::string> calls() const {
        std::vector<std::string> lines;
        for (const std::string& call : http.calls()) {
            lines.push_back(replace_all(replace_all(call, kBase + "/scripts/w", "S"), kBase, "A"));
        }
        return lines;
    }

    // The metadata of the n-th request.
    [[nodiscard]] nlohmann::json metadata(std::size_t n) const {
        return nlohmann::json::parse(as_text(http.requests.at(n).multipart.at(0).content));
    }

    // What the error says is live.
    std::string outcome() {
        const auto result = run();
        REQUIRE_FALSE(result);
        const std::string& message = result.error().message;
        REQUIRE(message.contains("; "));
        return message.substr(message.find("; ") + 2);
    }

    test::FakeHttp http;
    test::FakeClock clock;
    CancelToken cancel;
    CloudflareApi api;
    Project project;
    Bundle bundle;
    const AssetFolder* assets = nullptr;
    Annotations annotations;
    std::vector<SecretText> secrets;
    std::vector<std::string> warnings;
};

Migration migration(const std::string& tag) {
    ConfigValue step;
    step.kind = ConfigValue::Kind::table;
    return {tag, step};
}

} // namespace

TEST_CASE_METHOD(Fixture, "a first deploy uploads the whole Worker at once") {
    there_is_no_worker();
    http.will_succeed(
        R"({"id":"w","deployment_id":"77484c9d8c4f4ceea072c695fac5fa6a","startup_time_ms":12})");
    http.will_succeed(R"({"enabled":true})");
    annotations = {"v1", "the first"};
    secrets = {{"KEY", "s3cr3t"}};
    const auto result = run();
    REQUIRE(result);
    CHECK(calls() == std::vector<std::string>{
                         "GET A/services/w", "GET S/deployments", "GET A/subdomain",
                         "PUT S?excludeScript=true&bindings_inherit=strict", "POST S/subdomain"});
    CHECK(result->created);
    CHECK(result->triggers.urls == std::vector<std::string>{"https://w.sub.workers.dev"});
    CHECK(result->version_id == "77484c9d-8c4f-4cee-a072-c695fac5fa6a");
    CHECK(result->startup_time_ms == 12);
    CHECK(warnings.empty());

    const auto& parts = http.requests[3].multipart;
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].name == "metadata");
    CHECK(parts[0].filename.empty());
    CHECK(parts[0].content_type.empty());
    CHECK(parts[2].name == "dynload/a.wasm");
    CHECK(parts[2].filename == "dynload/a.wasm");
    CHECK(parts[2].content_type == "application/wasm");
    CHECK(as_text(parts[2].content) == "wasm");
    CHECK(metadata(3)["annotations"] ==
          nlohmann::json{{"workers/tag", "v1"}, {"workers/message", "the first"}});
    CHECK(metadata(3)["bindings"] ==
          nlohmann::json::parse(R"([{"name":"KEY","type":"secret_text","text":"s3cr3t"}])"));
    CHECK(metadata(3)["keep_bindings"] == nlohmann::json{"secret_text", "secret_key"});
    CHECK(as_text(*http.requests[4].body) == "{\"enabled\":true}");
}

TEST_CASE_METHOD(Fixture, "a Worker that exists gets a version, which is made to answer then") {
    project.worker.workers_dev = false;
    project.worker.logpush = true;
    there_is_a_worker();
    version_is_uploaded();
    http.will_succeed(R"({"id":"d2"})");
    http.will_succeed("{}");
    http.will_succeed("{}");
    annotations.message = "why";
    const auto result = run();
    REQUIRE(result);
    CHECK(calls() == std::vector<std::string>{"GET A/services/w", "GET S/deployments",
                                              "POST S/versions?bindings_inherit=strict",
                                              "POST S/deployments", "PATCH S/script-settings",
                                              "POST S/subdomain"});
    CHECK_FALSE(result->created);
    CHECK(result->triggers.urls.empty());
    CHECK(result->version_id == kNewVersion);
    CHECK_FALSE(metadata(2).contains("logpush")); // it is no part of a version
    CHECK(nlohmann::json::parse(as_text(*http.requests[3].body)) ==
          nlohmann::json::parse(fmt::format(
              R"({{"strategy":"percentage","annotations":{{"workers/message":"why"}},
                  "versions":[{{"version_id":"{}","percentage":100}}]}})",
              kNewVersion)));
    CHECK(nlohmann::json::parse(as_text(*http.requests[4].body)) ==
          nlohmann::json::parse(R"({"logpush":true,"observability":{"enabled":false}})"));
    CHECK(as_text(*http.requests[5].body) == "{\"enabled\":false}");
}

TEST_CASE_METHOD(Fixture, "a version alone is uploaded, and nothing else is touched") {
    there_is_a_worker();
    http.will_succeed(
        fmt::format(R"({{"id":"{}","metadata":{{"has_preview":true}}}})", kNewVersion));
    http.will_succeed(
        R"({"subdomain":{"previews_enabled":true,"preview_url_suffix":"-w.sub.workers.dev"}})");
    const auto result = run(upload_version);
    REQUIRE(result);
    CHECK(calls() ==
          std::vector<std::string>{"GET A/services/w", "GET S/deployments", "GET A/subdomain",
                                   "POST S/versions?bindings_inherit=strict", "GET A/workers/w"});
    CHECK(result->version_id == kNewVersion);
    CHECK(result->preview_url == "https://22222222-w.sub.workers.dev");
    CHECK(warnings.empty());
}

TEST_CASE_METHOD(Fixture,
                 "a version without an address of its own, and one whose address is not told") {
    project.worker.workers_dev = false;
    there_is_a_worker();
    http.will_succeed(
        fmt::format(R"({{"id":"{}","metadata":{{"has_preview":true}}}})", kNewVersion));
    http.will_succeed(R"({"subdomain":{"previews_enabled":false}})");
    CHECK(run(upload_version).value().preview_url.empty());
    CHECK(warnings.empty());

    there_is_a_worker();
    http.will_succeed(
        fmt::format(R"({{"id":"{}","metadata":{{"has_preview":true}}}})", kNewVersion));
    http.will_refuse(403, 10000, "Authentication error");
    CHECK(run(upload_version).value().preview_url.empty());
    REQUIRE(warnings.size() == 1);
    CHECK(warnings.front().starts_with("the version's own address is not known"));
}

TEST_CASE_METHOD(Fixture, "what only a whole upload can do is no version") {
    there_is_no_worker();
    const auto none = run(upload_version);
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ErrorCode::not_found);
    CHECK(none.error().message.ends_with(
        "; nothing was changed: there is no Worker of this name yet"));

    project.worker.migrations = {migration("v1"), migration("v2")};
    there_is_a_worker("v1");
    const auto pending = run(upload_version);
    REQUIRE_FALSE(pending);
    CHECK(pending.error().code == ErrorCode::config);
    CHECK(pending.error().hint == "`pymode deploy` applies it");
    CHECK(calls().size() == 6); // nothing but the questions of both
}

TEST_CASE_METHOD(Fixture, "migrations that are pending go with a whole upload") {
    project.worker.workers_dev = false;
    project.worker.migrations = {migration("v1"), migration("v2")};
    SECTION("those behind the last one that was applied") {
        there_is_a_worker("v1");
        http.will_succeed(R"({"deployment_id":"x"})");
        http.will_succeed("{}");
        REQUIRE(run());
        CHECK(http.requests[2].method == "PUT");
        CHECK_FALSE(http.requests[2].may_be_repeated());
        CHECK(metadata(2)["migrations"]["old_tag"] == "v1");
        CHECK(metadata(2)["migrations"]["new_tag"] == "v2");
    }
    SECTION("none is pending: a version") {
        there_is_a_worker("v2");
        version_is_uploaded();
        http.will_succeed(R"({"id":"d2"})");
        http.will_succeed("{}");
        http.will_succeed("{}");
        REQUIRE(run());
        CHECK_FALSE(metadata(2).contains("migrations"));
    }
    SECTION("the answer is lost, and they were applied: not a second time") {
        there_is_a_worker("v1");
        http.will_answer(502, "<html>");
        http.will_succeed(R"({"default_environment":{"script":{"migration_tag":"v2"}}})");
        live_is("d2", kNewVersion);
        http.will_succeed("{}");
        CHECK(run()->version_id == kNewVersion);
    }
    SECTION("somebody else was faster") {
        there_is_a_worker("v1");
        http.will_refuse(412, 10079, "Migration tag precondition failed; current tag is v2");
        live_is("d1", kOldVersion);
        const auto result = run();
        REQUIRE_FALSE(result);
        CHECK(format_error(result.error(), Colour::no).contains("another deployment has applied"));
        CHECK(result.error().hint.starts_with("deploy again"));
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "a deployment whose answer is lost is looked for, and not made twice") {
    project.worker.workers_dev = false;
    there_is_a_worker();
    version_is_uploaded();
    http.will_answer(502, "<html>");
    SECTION("it is there") {
        live_is("d2", kNewVersion);
    }
    SECTION("it is not") {
        live_is("d1", kOldVersion);
        http.will_succeed(R"({"id":"d2"})");
    }
    http.will_succeed("{}");
    http.will_succeed("{}");
    CHECK(run());
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "every error ends with what is live, and it is true") {
    project.worker.workers_dev = false;
    SECTION("the questions") {
        http.will_refuse(401, 10000, "Authentication error");
        http.will_refuse(401, 10000, "Authentication error");
        CHECK(outcome() == "nothing was changed");
    }
    SECTION("a first upload") {
        there_is_no_worker();
        http.will_refuse(400, 10021, "Uncaught SyntaxError");
        http.will_refuse(404, 10007, "none");
        CHECK(outcome() == "nothing was changed: there is no Worker of this name yet");
    }
    SECTION("a first upload whose answer is lost, but which has worked") {
        there_is_no_worker();
        http.will_answer(200, "{");
        http.will_answer(200, "{");
        live_is("d1", kNewVersion);
        CHECK(outcome() ==
              fmt::format("version {} answers now; its triggers were not set", kNewVersion));
    }
    SECTION("a first upload, and then nobody can be asked") {
        there_is_no_worker();
        http.will_answer(502, "<html>");
        http.will_answer(502, "<html>");
        CHECK(outcome().starts_with("whether the new version answers is not known"));
    }
    SECTION("a version") {
        there_is_a_worker();
        http.will_refuse(400, 10021, "Uncaught SyntaxError");
        CHECK(outcome() ==
              fmt::format("nothing was changed: version {} still answers", kOldVersion));
    }
    SECTION("the switch") {
        there_is_a_worker();
        version_is_uploaded();
        http.will_refuse(400, 1, "no");
        live_is("d1", kOldVersion);
        CHECK(outcome() == fmt::format("version {} is uploaded but does not answer: version {} "
                                       "still does",
                                       kNewVersion, kOldVersion));
    }
    SECTION("settings: triggers are set all the same") {
        there_is_a_worker();
        version_is_uploaded();
        http.will_succeed(R"({"id":"d2"})");
        http.will_refuse(400, 1, "no");
        http.will_succeed("{}");
        CHECK(outcome() == fmt::format("version {} answers; its settings and triggers were set "
                                       "only in part",
                                       kNewVersion));
    }
    SECTION("settings, and a trigger too: both are said") {
        there_is_a_worker();
        version_is_uploaded();
        http.will_succeed(R"({"id":"d2"})");
        http.will_refuse(400, 1, "no settings");
        http.will_refuse(400, 2, "no workers.dev");
        const Error error = run().error();
        CHECK(error.message.find("set the Worker's settings") != std::string::npos);
        CHECK(std::ranges::any_of(error.notes, [](const std::string& note) {
            return note.starts_with("not set: workers.dev");
        }));
    }
    SECTION("settings whose answer is lost") {
        there_is_a_worker();
        version_is_uploaded();
        http.will_succeed(R"({"id":"d2"})");
        http.will_answer(502, "<html>");
        http.will_succeed("{}");
        CHECK(outcome() == fmt::format("version {} answers; its settings and triggers may be set "
                                       "only in part",
                                       kNewVersion));
    }
    SECTION("triggers") {
        there_is_no_worker();
        http.will_succeed(fmt::format(R"({{"deployment_id":"{}"}})", kNewVersion));
        http.will_refuse(400, 1, "no");
        CHECK(outcome().starts_with(fmt::format("version {} answers; its settings", kNewVersion)));
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "no workers.dev name is said before anything is uploaded") {
    http.will_refuse(404, 10090, "none");
    http.will_refuse(404, 10007, "none");
    http.will_refuse(404, 10007, "You do not have a workers.dev subdomain.");
    CHECK(run().error().message.starts_with("this account has no workers.dev name yet; nothing"));
}

TEST_CASE_METHOD(Fixture, "a variable does not take a secret's place") {
    project.worker.vars = {{"KEY", Variable::Kind::text, "x"}};
    there_is_a_worker("", "KEY");
    const auto result = run();
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::config);
    CHECK(result.error().message.starts_with("KEY is a secret of the Worker"));
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "what somebody else did is said") {
    project.worker.workers_dev = false;
    http.will_succeed(R"({"default_environment":{"script":{"last_deployed_from":"dash"}}})");
    http.will_succeed(R"({"deployments":[{"id":"d","versions":[
        {"version_id":"a","percentage":90},{"version_id":"b","percentage":10}]}]})");
    version_is_uploaded();
    http.will_succeed(R"({"id":"d2"})");
    http.will_succeed("{}");
    http.will_succeed("{}");
    REQUIRE(run());
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[0].starts_with("the Worker was last changed in the dashboard"));
    CHECK(warnings[1].contains("versions a (90 %) and b (10 %)"));
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
    const auto methods = [&](const std::string& account) {
        std::string text;
        for (const DeployStep& step : plan_deploy({project, bundle, assets}, account)) {
            text += step.method + " ";
        }
        return text;
    };
    CHECK(methods(kAccount) == "GET GET GET PUT POST POST PATCH POST ");
    CHECK(methods("") == "GET GET GET GET PUT POST POST PATCH POST ");
    project.worker.workers_dev = false;
    CHECK(methods(kAccount) == "GET GET PUT POST POST PATCH POST ");
    const AssetFolder folder;
    assets = &folder;
    CHECK(methods(kAccount) == "GET GET POST POST PUT POST POST PATCH POST ");
}

TEST_CASE("what cannot be deployed is said before the network is asked") {
    struct Row {
        std::string text;
        std::string message;
        int line;
    };
    const Row rows[] = {
        {"[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n", "", 0},
        {"[tool.pymode]\nroutes = [\"example.com/*\"]\ntriggers.crons = []\n", "", 0},
        {"[tool.pymode]\ncompliance-region = \"fedramp_high\"\n",
         "pymode deploy does not set up compliance-region yet", 0},
        {"[tool.pymode.assets]\ndirectory = \"public\"\n", "", 0},
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

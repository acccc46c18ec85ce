// SPDX-License-Identifier: MIT
#include "core/cloudflare/triggers.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cloudflare/workers_fixture.hpp"

using namespace pymode;
using test::kAccount;
using test::worker_from;
using test::WorkersFixture;
using Lines = std::vector<std::string>;

namespace {

const std::string kZone = "11111111111111111111111111111111";

struct Fixture : WorkersFixture {
    TriggerReport run(const std::string& text, TriggerOptions options = {"sub", false}) {
        return apply_triggers(api, kAccount, worker_from(text), options);
    }

    // "workers.dev: on", "route x: its error"
    static Lines told(const TriggerReport& report) {
        Lines lines;
        for (const Trigger& trigger : report.triggers) {
            lines.push_back(trigger.what + (trigger.error ? ": " + trigger.error->message : ""));
        }
        return lines;
    }

    void queue(const std::string& consumers) {
        http.will_succeed(R"([{"queue_id":"q1","queue_name":"jobs","consumers":)" + consumers +
                          "}]");
    }
};

constexpr std::string_view kAll = R"(
[tool.pymode]
workers-dev = true
preview-urls = false
routes = [
  { pattern = "example.com/api/*", zone-name = "example.com" },
  "*.example.org/*",
  { pattern = "shop.example.com", custom-domain = true },
]
triggers.crons = ["*/5 * * * *", "0 3 * * 1"]
[[tool.pymode.queues.consumers]]
queue = "jobs"
max-batch-size = 5
max-batch-timeout = 2
dead-letter-queue = "dead"
)";

} // namespace

TEST_CASE_METHOD(Fixture, "all triggers are set in wrangler's order") {
    http.will_succeed(R"({"enabled":true,"previews_enabled":false})");
    http.will_succeed("[]");
    http.will_succeed(R"({"added":[],"removed":[],"updated":[],"conflicting":[]})");
    http.will_succeed("[]");
    http.will_succeed(R"({"schedules":[]})");
    queue("[]");
    http.will_succeed("{}");
    const TriggerReport report = run(std::string(kAll));
    CHECK(calls() == Lines{"POST {S}/subdomain", "PUT {S}/routes",
                           "POST {S}/domains/changeset?replace_state=true",
                           "PUT {S}/domains/records", "PUT {S}/schedules",
                           "GET {A}/queues?page=1&name=jobs", "POST {A}/queues/q1/consumers"});
    CHECK(report.complete());
    CHECK(told(report) == Lines{"workers.dev: on", "route example.com/api/*",
                                "route *.example.org/*", "custom domain shop.example.com",
                                "schedule */5 * * * *", "schedule 0 3 * * 1",
                                "consumer of the queue jobs"});
    CHECK(report.urls == Lines{"https://w.sub.workers.dev", "https://example.com/api/",
                               "https://shop.example.com"});
    CHECK(http.done());

    CHECK(body(0) == nlohmann::json::parse(R"({"enabled":true,"previews_enabled":false})"));
    CHECK(http.requests[0].headers[1].name == "Cloudflare-Workers-Script-Api-Date");
    CHECK(http.requests[0].headers[1].value == "2025-08-01");
    CHECK(body(1) ==
          nlohmann::json::parse(R"([{"pattern":"example.com/api/*","zone_name":"example.com"},
                                    {"pattern":"*.example.org/*"}])"));
    CHECK(body(2) == nlohmann::json::parse(R"([{"hostname":"shop.example.com"}])"));
    CHECK(body(3) == nlohmann::json::parse(R"({"override_scope":true,
        "override_existing_origin":false,"override_existing_dns_record":false,
        "origins":[{"hostname":"shop.example.com"}]})"));
    CHECK(body(4) == nlohmann::json::parse(R"([{"cron":"*/5 * * * *"},{"cron":"0 3 * * 1"}])"));
    CHECK(body(6) == nlohmann::json::parse(R"({"type":"worker","script_name":"w",
        "dead_letter_queue":"dead","settings":{"batch_size":5,"max_wait_time_ms":2000}})"));
}

TEST_CASE_METHOD(Fixture, "what is not configured stays as it is") {
    http.will_succeed("{}");
    CHECK(run("").complete());
    CHECK(calls() == Lines{"POST {S}/subdomain"});
    CHECK(body(0) == nlohmann::json::parse(R"({"enabled":true})"));
}

TEST_CASE_METHOD(Fixture, "an empty list of schedules clears them") {
    http.will_succeed("{}");
    http.will_succeed("{}");
    CHECK(told(run("[tool.pymode]\ntriggers.crons = []\n")) ==
          Lines{"workers.dev: on", "no schedules"});
    CHECK(body(1) == nlohmann::json::array());
}

TEST_CASE_METHOD(Fixture, "one failure neither stops nor undoes the others") {
    http.will_refuse(400, 1, "no switch");
    http.will_refuse(409, 10020, "a route like this exists");
    http.will_refuse(400, 2, "no changeset");
    http.will_refuse(400, 10100, "invalid cron string");
    http.will_succeed("[]");
    const TriggerReport report = run(std::string(kAll));
    CHECK_FALSE(report.complete());
    CHECK(report.urls.empty());
    CHECK(calls().size() == 5);
    for (const Trigger& trigger : report.triggers) {
        CHECK(trigger.error);
    }
    const Error error = report.error();
    CHECK(error.message == "7 of 7 triggers of the uploaded Worker were not set");
    CHECK(error.code == ErrorCode::api);
    REQUIRE(error.notes.size() == 8);
    CHECK(error.notes[0] == "none of them was set");
    CHECK(error.notes[5] == "not set: schedule */5 * * * *: Cloudflare refused to set the "
                            "schedules (status 400); invalid cron string [code: 10100]");
    CHECK(error.notes[7] == "not set: consumer of the queue jobs: the account has no queue jobs");
    CHECK(to_json(report)[5]["error"]["code"] == "api");
    CHECK(to_json(report)[5]["set"] == false);
}

TEST_CASE_METHOD(Fixture, "the error says what is set and what is not") {
    http.will_succeed("{}");
    http.will_refuse(400, 10100, "invalid cron string");
    const Error error = run("[tool.pymode]\ntriggers.crons = [\"0 3 * * 1\"]\n").error();
    CHECK(error.message == "1 of 2 triggers of the uploaded Worker was not set");
    CHECK(error.notes[0] == "set: workers.dev: on");
    CHECK(error.hint == "`pymode deploy` tries all of them again");
}

TEST_CASE_METHOD(Fixture, "a trigger whose answer is lost may be set") {
    http.will_succeed("{}");
    http.will_fail(ErrorCode::network, "the connection broke");
    const Error error = run("[tool.pymode]\ntriggers.crons = [\"0 3 * * 1\"]\n").error();
    CHECK(error.message == "1 of 2 triggers of the uploaded Worker is not known to be set");
    CHECK(error.notes[1] == "not known to be set: schedule 0 3 * * 1: the connection broke");
}

TEST_CASE_METHOD(Fixture, "after an interruption nothing more is sent, and that is said") {
    http.will_fail(ErrorCode::cancelled, "interrupted");
    const TriggerReport report = run(std::string(kAll));
    CHECK(calls().size() == 1);
    CHECK(told(report).size() == 7);
    CHECK(told(report)[6] ==
          "consumer of the queue jobs: not tried, as the deploy was interrupted");
    CHECK(report.urls.empty());
    CHECK(report.error().code == ErrorCode::cancelled);
}

TEST_CASE_METHOD(Fixture, "without workers.dev routes of other Workers are found before") {
    const std::string text = "[tool.pymode]\nroutes = [\"a.example.com/x\", \"a.example.com/y\"]\n";
    http.will_succeed("{}");
    http.will_succeed("[]");
    http.will_succeed(R"([{"id":")" + kZone + R"("}])");
    http.will_succeed(R"([{"pattern":"a.example.com/x","script":"other"},
                          {"pattern":"a.example.com/y","script":"w"}])");
    http.will_succeed("[]");
    const TriggerReport report = run(text);
    CHECK(calls() == Lines{"POST {S}/subdomain", "GET /zones?name=a.example.com&account.id=ID",
                           "GET /zones?name=example.com&account.id=ID",
                           "GET /zones/" + kZone + "/workers/routes", "PUT {S}/routes"});
    CHECK(told(report) ==
          Lines{"workers.dev: off",
                "route a.example.com/x: the route a.example.com/x belongs to the Worker other",
                "route a.example.com/y"});
    CHECK(report.urls == Lines{"https://a.example.com/y"});
    CHECK(body(4) == nlohmann::json::parse(R"([{"pattern":"a.example.com/y"}])"));
}

TEST_CASE_METHOD(Fixture, "what cannot be looked up is left to the server") {
    http.will_succeed("{}");
    http.will_refuse(403, 10000, "Authentication error");
    http.will_succeed("[]");
    CHECK(run("[tool.pymode]\nroutes = [\"example.com/x\"]\n").complete());
    CHECK(calls().back() == "PUT {S}/routes");
}

TEST_CASE_METHOD(Fixture, "a token for single zones sets routes one by one") {
    const std::string text = "[tool.pymode]\nworkers-dev = true\n"
                             "routes = [\"example.com/a\", \"example.com/b\", \"example.com/c\"]\n";
    http.will_succeed("{}");
    http.will_refuse(403, 10000, "Authentication error");
    http.will_succeed(R"([{"id":")" + kZone + R"("}])");
    http.will_succeed(R"([{"pattern":"example.com/a","script":"w"},
                          {"pattern":"example.com/b","script":"other"},
                          {"pattern":"example.com/old","script":"w"}])");
    SECTION("what is missing is added") {
        http.will_succeed("{}");
        const TriggerReport report = run(text);
        CHECK(calls().back() == "POST /zones/" + kZone + "/workers/routes");
        CHECK(body(4) == nlohmann::json::parse(R"({"pattern":"example.com/c","script":"w"})"));
        CHECK(told(report) ==
              Lines{"workers.dev: on", "route example.com/a",
                    "route example.com/b: the route example.com/b belongs to the Worker other",
                    "route example.com/c"});
        CHECK(report.warnings ==
              Lines{"routes of this Worker that the configuration does not have stay, as the token "
                    "may not change all zones at once: example.com/old"});
    }
    SECTION("a lost answer is looked after before the route is added again") {
        http.will_answer(502, "<html>");
        http.will_succeed(R"([{"pattern":"example.com/c","script":"w"}])");
        CHECK(told(run(text)).back() == "route example.com/c");
    }
    SECTION("it was lost before it arrived") {
        http.will_answer(502, "<html>");
        http.will_succeed("[]");
        http.will_succeed("{}");
        CHECK(told(run(text)).back() == "route example.com/c");
        CHECK(calls().back() == "POST /zones/" + kZone + "/workers/routes");
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "custom domains in use need --yes") {
    const std::string text =
        "[tool.pymode]\nworkers-dev = true\n"
        "routes = [{ pattern = \"shop.example.com\", custom-domain = true }]\n";
    const std::string conflict =
        R"({"added":[],"removed":[],"updated":[{"id":"d1","hostname":"shop.example.com","modified":true}],
            "conflicting":[{"hostname":"shop.example.com"}]})";
    http.will_succeed("{}");
    http.will_succeed(conflict);
    SECTION("without it nothing is changed, and the reasons are told") {
        http.will_succeed(R"({"id":"d1","service":"other"})");
        const TriggerReport report = run(text);
        CHECK(calls().back() == "GET {A}/workers/domains/records/d1");
        REQUIRE(report.triggers[1].error);
        CHECK(report.triggers[1].error->message == "the custom domains are in use");
        CHECK(report.triggers[1].error->notes ==
              Lines{"shop.example.com belongs to the Worker other",
                    "shop.example.com has DNS records already"});
    }
    SECTION("with it they are taken") {
        http.will_succeed("[]");
        CHECK(run(text, {"sub", true}).complete());
        CHECK(body(2)["override_existing_origin"] == true);
        CHECK(body(2)["override_existing_dns_record"] == true);
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(Fixture, "a consumer is changed in its place, and never made twice") {
    const std::string text = "[[tool.pymode.queues.consumers]]\nqueue = \"jobs\"\n";
    http.will_succeed("{}");
    SECTION("it is one already") {
        queue(R"([{"consumer_id":"c1","script":"w"},{"consumer_id":"c2","script":"x"}])");
        http.will_succeed("{}");
        CHECK(run(text).complete());
        CHECK(calls().back() == "PUT {A}/queues/q1/consumers/c1");
    }
    SECTION("the answer is lost, but it was made") {
        queue("[]");
        http.will_answer(500, "gone");
        queue(R"([{"consumer_id":"c1","script_name":"w"}])");
        CHECK(run(text).complete());
        CHECK(calls().back() == "GET {A}/queues?page=1&name=jobs");
    }
    SECTION("a refusal is not repeated") {
        queue("[]");
        http.will_refuse(409, 11004, "already has a consumer");
        CHECK_FALSE(run(text).complete());
    }
    SECTION("an odd answer is none") {
        http.will_succeed(R"([{"queue_id":7,"queue_name":"jobs"}])");
        CHECK(told(run(text)).back() ==
              "consumer of the queue jobs: Cloudflare's answer has no id of the queue jobs");
    }
    CHECK(http.done());
}

TEST_CASE("the plan has the calls") {
    Lines methods;
    for (const PlannedTrigger& call : plan_triggers(kAccount, worker_from(std::string(kAll)))) {
        methods.push_back(call.method + " " + call.what);
    }
    CHECK(methods == Lines{"POST switch workers.dev on", "PUT set the routes: 2",
                           "POST ask what would change in the custom domains",
                           "PUT set the custom domains: 1", "PUT set the schedules: 2",
                           "GET look the queue up", "POST become a consumer of the queue jobs"});
}

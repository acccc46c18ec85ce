// SPDX-License-Identifier: MIT
#include "core/cloudflare/worker_state.hpp"

#include <catch2/catch.hpp>

#include "core/cloudflare/live_config.hpp"
#include "tests/unit/cloudflare/workers_fixture.hpp"

using namespace pymode;
using test::kAccount;
using test::worker_from;
using test::WorkersFixture;
using Lines = std::vector<std::string>;

namespace {

const std::string kId = "0123456789abcdef0123456789abcdef";
const std::string kZone = "11111111111111111111111111111111";

// As the API answers it.
WorkerState live_with(const std::string& bindings) {
    WorkerState state;
    state.exists = true;
    state.bindings = bindings_by_name(nlohmann::json::parse(bindings));
    state.compatibility_date = std::string(kDefaultCompatibilityDate);
    state.compatibility_flags = wanted_state(worker_from("")).compatibility_flags;
    state.workers_dev = true;
    return state;
}

Lines lines_of(const WorkerState& live, const WorkerState& wanted) {
    Lines lines;
    for (const Difference& difference : differences(live, wanted)) {
        lines.push_back(to_line(difference));
    }
    return lines;
}

} // namespace

TEST_CASE("bindings that differ") {
    struct Row {
        std::string about;
        std::string text;
        std::string live;
        Lines lines;
    };
    const std::string kv = "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\nid = \"" + kId + "\"\n";
    const std::string queue = "[[tool.pymode.queues.producers]]\nbinding = \"Q\"\nqueue = \"q\"\n";
    const Row rows[] = {
        {"nothing", "", "[]", {}},
        {"a new one", kv, "[]", {"+ KV namespace A: namespace_id " + kId}},
        {"the same",
         kv,
         R"([{"name":"A","type":"kv_namespace","namespace_id":")" + kId + R"(","more":1}])",
         {}},
        {"another id",
         kv,
         R"([{"name":"A","type":"kv_namespace","namespace_id":"f"}])",
         {"~ KV namespace A: namespace_id f → namespace_id " + kId}},
        {"without an id it is taken over",
         "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n",
         R"([{"name":"A","type":"kv_namespace","namespace_id":"f"}])",
         {}},
        {"without an id it is taken over, whatever names it",
         "[[tool.pymode.r2-buckets]]\nbinding = \"A\"\n",
         R"([{"name":"A","type":"r2_bucket","bucket_name":"f"}])",
         {}},
        {"without an id, and there is none to take over",
         "[[tool.pymode.kv-namespaces]]\nbinding = \"A\"\n",
         R"([])",
         {"+ KV namespace A"}},
        {"a setting that is not said any more",
         queue,
         R"([{"name":"Q","type":"queue","queue_name":"q","delivery_delay":5}])",
         {"~ Queue Q: delivery_delay 5, queue_name q → queue_name q"}},
        {"one that goes",
         "",
         R"([{"name":"B","type":"r2_bucket","bucket_name":"x"},{"name":"?","type":"new_kind"}])",
         {"- new_kind ?", "- R2 bucket B: bucket_name x"}},
        {"variables",
         "[tool.pymode.vars]\nA = \"new\"\nB = {x = 1}\nC = \"same\"\nD = \"two\\nlines\"\n",
         R"([{"name":"A","type":"plain_text","text":"old"},{"name":"B","type":"json","json":{"x":2}},
             {"name":"C","type":"plain_text","text":"same"},{"name":"E","type":"plain_text","text":"e"}])",
         {"~ variable A: old → new", "~ variable B: {\"x\":2} → {\"x\":1}",
          "+ variable D: two\\nlines", "- variable E: e"}},
        {"variables of the dashboard stay",
         "[tool.pymode]\nkeep-vars = true\n",
         R"([{"name":"E","type":"plain_text","text":"e"}])",
         {}},
        {"secrets stay, without a word of their values",
         "",
         R"([{"name":"S","type":"secret_text","text":"hidden"}])",
         {}},
        {"a variable in the place of a secret",
         "[tool.pymode.vars]\nS = \"v\"\n",
         R"([{"name":"S","type":"secret_text","text":"hidden"}])",
         {"~ variable S: is a secret S → v"}},
        {"secrets that are required",
         "[tool.pymode.secrets]\nrequired = [\"HERE\", \"GONE\"]\n",
         R"([{"name":"HERE","type":"secret_text"}])",
         {"! secret GONE is not set"}},
        {"control characters",
         "",
         R"([{"name":"\u001b[31m","type":"ai"}])",
         {"- Workers AI \\x1b[31m"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.about);
        CHECK(lines_of(live_with(row.live), wanted_state(worker_from(row.text))) == row.lines);
    }
}

TEST_CASE("everything beside the bindings that differs") {
    const WorkerState wanted = wanted_state(worker_from(R"(
[tool.pymode]
compatibility-date = "2026-10-01"
compatibility-flags = ["one", "two"]
workers-dev = false
preview-urls = true
routes = ["example.com/a", { pattern = "shop.example.com", custom-domain = true }]
triggers.crons = ["0 3 * * 1"]
[[tool.pymode.queues.consumers]]
queue = "jobs"
max-batch-size = 5
[[tool.pymode.queues.consumers]]
queue = "new"
dead-letter-queue = "dead"
)"));
    WorkerState live = live_with("[]");
    live.compatibility_flags = Lines{"two", "three"};
    live.previews = true;
    live.crons = Lines{"0 3 * * 1", "* * * * *"};
    live.routes = Lines{"example.com/b"};
    live.domains = Lines{"shop.example.com"};
    live.consumers = WorkerState::ByName{
        {"jobs", nlohmann::json::parse(R"({"settings":{"batch_size":10,"max_retries":3}})")}};
    Lines lines = lines_of(live, wanted);
    std::erase_if(lines, [](const std::string& line) { return line.contains("python_workers"); });
    CHECK(lines == Lines{"~ compatibility date: 2026-11-01 → 2026-10-01",
                         "- compatibility flag three", "+ compatibility flag one",
                         "~ workers.dev: on → off", "- schedule * * * * *", "- route example.com/b",
                         "+ route example.com/a",
                         "~ consumer of the queue jobs: batch_size 10 → batch_size 5",
                         "+ consumer of the queue new: dead letters to dead"});

    // What is not known is not compared.
    live.routes.reset();
    live.crons.reset();
    live.consumers.reset();
    live.workers_dev.reset();
    CHECK(lines_of(live, wanted).size() == 3);
}

TEST_CASE("settings that differ") {
    struct Row {
        std::string about;
        std::string text;
        std::string live; // what the API answers
        Lines lines;
    };
    const Row rows[] = {
        {"nothing is set", "", "{}", {}},
        {"what is off is like what is not set",
         "observability = { enabled = false }\n",
         R"({"placement":{"mode":"off"},"limits":{},"observability":null})",
         {}},
        {"new ones",
         "observability = { enabled = true }\nlimits = { cpu-ms = 50 }\n",
         R"({"observability":{"enabled":false}})",
         {"+ limits: cpu_ms 50", "+ observability: enabled true"}},
        {"a deploy takes away what is not configured",
         "",
         R"({"placement":{"mode":"smart"},"limits":{"cpu_ms":50},"observability":{"enabled":true}})",
         {"- limits: cpu_ms 50", "- observability: enabled true", "- placement: mode smart"}},
        {"but for what it does not send",
         "",
         R"({"logpush":true,"tail_consumers":[{"service":"t"}]})",
         {}},
        {"members that Cloudflare has added do not count",
         "observability = { enabled = true, logs = { enabled = true } }\n",
         R"({"observability":{"enabled":true,"logs":{"enabled":true,"persist":true}}})",
         {}},
        {"others",
         "observability = { enabled = true, logs = { enabled = true } }\nlogpush = false\n",
         R"({"observability":{"enabled":true,"logs":7},"logpush":true})",
         {"- logpush: true",
          "~ observability: enabled true, logs.enabled not set → enabled true, logs.enabled true"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.about);
        WorkerState live = live_with("[]");
        const auto answer = nlohmann::json::parse(row.live);
        for (const auto& [key, value] : answer.items()) {
            live.settings.emplace(key, value);
        }
        CHECK(lines_of(live, wanted_state(worker_from("[tool.pymode]\n" + row.text))) == row.lines);
    }
}

TEST_CASE("for a Worker that does not exist everything is new") {
    const WorkerState wanted =
        wanted_state(worker_from("[tool.pymode]\ntriggers.crons = [\"0 3 * * 1\"]\n"));
    const Lines lines = lines_of(WorkerState(), wanted);
    CHECK(std::ranges::find(lines, "+ workers.dev: on") != lines.end());
    CHECK(std::ranges::find(lines, "+ schedule 0 3 * * 1") != lines.end());
    CHECK(std::ranges::all_of(lines, [](const std::string& line) { return line[0] == '+'; }));
}

TEST_CASE("differences as JSON") {
    CHECK(to_json({{Difference::Change::changed, "variable A", "old", "new"},
                   {Difference::Change::lacking, "secret K", "", ""}}) ==
          nlohmann::json::parse(R"([{"change":"changed","what":"variable A","before":"old",
                                     "after":"new"},{"change":"lacking","what":"secret K"}])"));
}

TEST_CASE_METHOD(WorkersFixture, "the live state: only what the configuration has is asked for") {
    http.will_succeed(
        R"({"bindings":[{"name":"S","type":"secret_text"}],"compatibility_date":"2026-01-01",
            "compatibility_flags":["a",7],"limits":{"cpu_ms":5}})");
    http.will_succeed(R"({"enabled":true,"previews_enabled":false})");
    const auto live = fetch_live_state(api, kAccount, worker_from(""));
    REQUIRE(live);
    CHECK(calls() == Lines{"GET {S}/settings", "GET {S}/subdomain"});
    CHECK(live->exists);
    CHECK(live->bindings.contains("S"));
    CHECK(live->compatibility_date == "2026-01-01");
    CHECK(live->compatibility_flags == Lines{"a"});
    CHECK(live->settings.at("limits") == nlohmann::json{{"cpu_ms", 5}});
    CHECK(live->workers_dev == true);
    CHECK(live->previews == false);
    CHECK_FALSE(live->crons);
}

TEST_CASE_METHOD(WorkersFixture, "the live state: all of it") {
    const WorkerConfig worker = worker_from(R"(
[tool.pymode]
routes = ["example.com/a", "example.com/b", { pattern = "shop.example.com", custom-domain = true }]
triggers.crons = []
[[tool.pymode.queues.consumers]]
queue = "jobs"
)");
    http.will_succeed("{}");
    http.will_succeed(R"({"enabled":"odd"})");
    http.will_succeed(R"({"schedules":[{"cron":"0 3 * * 1"}]})");
    http.will_succeed(R"([{"id":")" + kZone + R"("}])");
    http.will_succeed(R"([{"pattern":"example.com/a","script":"w"},
                          {"pattern":"example.com/x","script":"other"}])");
    SECTION("as it should be") {
        http.will_succeed(R"([{"hostname":"shop.example.com"}])");
        http.will_succeed(R"([{"queue_id":"q","queue_name":"jobs","consumers":[
            {"consumer_id":"c","script":"w","settings":{"batch_size":1},"dead_letter_queue":"d"}]}])");
        const auto live = fetch_live_state(api, kAccount, worker);
        REQUIRE(live);
        CHECK(calls() == Lines{"GET {S}/settings", "GET {S}/subdomain", "GET {S}/schedules",
                               "GET /zones?name=example.com&account.id=ID",
                               "GET /zones/" + kZone + "/workers/routes",
                               "GET {A}/workers/domains?service=w",
                               "GET {A}/queues?page=1&name=jobs"});
        CHECK_FALSE(live->workers_dev);
        CHECK(live->crons == Lines{"0 3 * * 1"});
        CHECK(live->routes == Lines{"example.com/a"});
        CHECK(live->domains == Lines{"shop.example.com"});
        CHECK(live->consumers->at("jobs") ==
              nlohmann::json::parse(R"({"settings":{"batch_size":1},"dead_letter_queue":"d"})"));
        CHECK(live->unknown.empty());
    }
    SECTION("parts that are refused are noted") {
        http.will_refuse(403, 10000, "Authentication error");
        http.will_refuse(403, 10000, "Authentication error");
        const auto live = fetch_live_state(api, kAccount, worker);
        REQUIRE(live);
        CHECK_FALSE(live->domains);
        CHECK(live->unknown ==
              Lines{"the custom domains: Cloudflare refused to list the custom domains (status "
                    "403): Authentication error [code: 10000]",
                    "the queue consumers: Cloudflare refused to look the queue jobs up (status "
                    "403): Authentication error [code: 10000]"});
    }
    SECTION("a broken network is an error") {
        http.will_fail(ErrorCode::network, "no connection");
        CHECK(fetch_live_state(api, kAccount, worker).error().code == ErrorCode::network);
    }
    CHECK(http.done());
}

TEST_CASE_METHOD(WorkersFixture, "the live state of no Worker") {
    http.will_refuse(404, 10007, "This Worker does not exist.");
    const auto live = fetch_live_state(api, kAccount, worker_from(""));
    REQUIRE(live);
    CHECK_FALSE(live->exists);
    http.will_refuse(403, 10000, "Authentication error");
    CHECK_FALSE(fetch_live_state(api, kAccount, worker_from("")));
}

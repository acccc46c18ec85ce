// SPDX-License-Identifier: MIT
#include "core/cloudflare/tail.hpp"

#include <cmath>
#include <deque>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/unit/cloudflare/fake_http.hpp"
#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;
using namespace std::chrono_literals;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;
using Kind = SocketEvent::Kind;

const std::string kTails = "http://api/accounts/a/workers/scripts/w/tails";

// What one connection brings, after which it is the user who gives up. `after` is how long the
// clock waits for each event.
struct Script {
    bool opens = true;
    std::vector<SocketEvent> events{};
    std::chrono::milliseconds after{0};
};

struct Fixture {
    Fixture()
        : credentials(
              *Credentials::from_environment(Env(Variables{{"CLOUDFLARE_API_TOKEN", "t"}}))),
          api(http, clock, cancel, "http://api", credentials),
          last_api(last_http, clock, never, "http://api", credentials) {
        hooks.open = [this](const std::string& url, const WebSocketOptions&) { return open(url); };
        hooks.socket.cancel = cancel;
        hooks.on_event = [this](const std::string& text, const nlohmann::json&) {
            seen.push_back(text);
        };
        hooks.on_progress = [this](std::string_view text) { told.emplace_back(text); };
    }

    Expected<std::unique_ptr<WebSocket>> open(const std::string& url) {
        opened.push_back(url);
        if (scripts.empty()) {
            return fail(ErrorCode::cancelled, "interrupted");
        }
        Script script = std::move(scripts.front());
        scripts.pop_front();
        if (!script.opens) {
            return fail(ErrorCode::network, "cannot connect");
        }
        return std::make_unique<FakeSocket>(*this, std::move(script));
    }

    // `count` tails, each to be made and deleted.
    void will_make_tails(int count, const std::string& expires = "") {
        for (int i = 1; i <= count; ++i) {
            const std::string id = "t" + std::to_string(i);
            http.will_succeed(R"({"id":")" + id + R"(","url":"wss://tail/)" + id +
                              R"(","expires_at":")" + expires + "\"}");
            last_http.will_succeed("null");
        }
    }

    Expected<> run() {
        return follow_tail(api, last_api, clock, {"a", "w", nlohmann::json::array()}, hooks);
    }

    class FakeSocket final : public WebSocket {
      public:
        FakeSocket(Fixture& fixture, Script script)
            : m_fixture(fixture), m_script(std::move(script)) {}

        Expected<> send(std::string_view text) override {
            m_fixture.sent.emplace_back(text);
            return {};
        }

        SocketEvent next(std::chrono::milliseconds patience) override {
            m_fixture.clock.advance(std::min(patience, m_script.after));
            if (m_next == m_script.events.size()) {
                return {m_script.after > 0ms ? Kind::quiet : Kind::cancelled};
            }
            return m_script.events[m_next++];
        }

      private:
        Fixture& m_fixture;
        Script m_script;
        std::size_t m_next = 0;
    };

    test::FakeHttp http;
    test::FakeHttp last_http;
    test::FakeClock clock;
    CancelToken cancel;
    CancelToken never;
    Credentials credentials;
    CloudflareApi api;
    CloudflareApi last_api;
    TailHooks hooks;
    std::deque<Script> scripts;
    std::vector<std::string> opened;
    std::vector<std::string> sent;
    std::vector<std::string> seen;
    std::vector<std::string> told;
};

SocketEvent message(const std::string& text) {
    return {Kind::message, text};
}

} // namespace

TEST_CASE_METHOD(Fixture, "a tail is made, listened to and deleted when the user gives up") {
    will_make_tails(1);
    scripts = {{true, {message(R"({"outcome":"ok"})"), {Kind::quiet}, message("no JSON")}}};
    CHECK(run());
    CHECK(http.calls() == std::vector<std::string>{"POST " + kTails});
    CHECK(as_text(*http.requests[0].body) == R"({"filters":[]})");
    CHECK(opened == std::vector<std::string>{"wss://tail/t1"});
    CHECK(sent == std::vector<std::string>{R"({"debug":false})"});
    CHECK(seen == std::vector<std::string>{R"({"outcome":"ok"})"});
    CHECK(last_http.calls() == std::vector<std::string>{"DELETE " + kTails + "/t1"});
}

TEST_CASE_METHOD(Fixture, "a lost tail is deleted, and a new one made after growing pauses") {
    will_make_tails(4);
    scripts = {{true, {message("{}"), {Kind::lost, "gone"}}},
               {false},
               {true, {{Kind::closed, "", 1006}}},
               {true, {}}};
    CHECK(run());
    CHECK(clock.sleeps == std::vector<std::chrono::milliseconds>{1s, 2s, 4s});
    CHECK(opened.size() == 4);
    CHECK(last_http.calls().size() == 4);
    CHECK(last_http.done());
}

TEST_CASE_METHOD(Fixture, "an event begins the pauses anew") {
    will_make_tails(3);
    scripts = {{true, {{Kind::lost, "a"}}}, {true, {message("{}"), {Kind::lost, "b"}}}, {true, {}}};
    CHECK(run());
    CHECK(clock.sleeps == std::vector<std::chrono::milliseconds>{1s, 1s});
}

TEST_CASE_METHOD(Fixture, "after five pauses it is lost for good") {
    will_make_tails(6);
    scripts = {{true, {{Kind::lost, "gone"}}}, {false}, {false}, {false}, {false}, {false}};
    const auto done = run();
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::network);
    CHECK(clock.sleeps == std::vector<std::chrono::milliseconds>{1s, 2s, 4s, 8s, 16s});
    CHECK(last_http.calls().size() == 6);
}

TEST_CASE_METHOD(Fixture, "Cloudflare's normal closure ends it") {
    will_make_tails(1);
    scripts = {{true, {{Kind::closed, "", 1000}}}};
    CHECK(run());
    CHECK(last_http.calls().size() == 1);
}

TEST_CASE_METHOD(Fixture, "a new tail takes over before the old one expires") {
    // The fake clock begins in 2019; see FakeClock::wall_time.
    const auto expires = std::chrono::floor<std::chrono::seconds>(clock.wall_time() + 10min);
    const auto day = std::chrono::floor<std::chrono::days>(expires);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(expires - day);
    will_make_tails(2,
                    fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()),
                                unsigned(date.month()), unsigned(date.day()), time.hours().count(),
                                time.minutes().count(), time.seconds().count()));
    scripts = {{true, {}, 30s}, {true, {}}};
    CHECK(run());
    CHECK(clock.sleeps.empty());
    CHECK(clock.now().time_since_epoch() == 9min);
    CHECK(last_http.calls() ==
          std::vector<std::string>{"DELETE " + kTails + "/t1", "DELETE " + kTails + "/t2"});
}

TEST_CASE_METHOD(Fixture,
                 "a Worker that does not exist ends it at once, also when it is deleted later") {
    SECTION("at the beginning") {
        http.will_refuse(404, 10007, "This Worker does not exist on your account.");
    }
    SECTION("later") {
        will_make_tails(1);
        http.will_refuse(404, 10007, "This Worker does not exist on your account.");
        scripts = {{true, {{Kind::lost, "gone"}}}};
    }
    const auto done = run();
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::api);
    CHECK(last_http.done());
}

TEST_CASE_METHOD(Fixture, "the address must be of a WebSocket that nobody on the way can read") {
    struct Row {
        std::string url;
        bool good;
    };
    const auto row = GENERATE(values<Row>({{"wss://tail/x", true},
                                           {"ws://127.0.0.1:80/x", true},
                                           {"ws://tail/x", false},
                                           {"https://tail/x", false},
                                           {"", false}}));
    INFO(row.url);
    http.will_succeed(R"({"id":"i","url":")" + row.url + "\"}");
    CHECK(create_tail(api, clock, {"a", "w", nlohmann::json::array()}).has_value() == row.good);
}

TEST_CASE("filters are checked and written as the API wants them") {
    struct Row {
        const char* what;
        TailFilters filters;
        std::string json; // empty: refused
    };
    TailFilters all;
    all.statuses = {"ok", "error"};
    all.methods = {"GET", "POST"};
    all.ips = {"self", "2001:db8::1"};
    all.header = "X-Mark: yes";
    all.search = "foo";
    all.version_id = "77484c9d-8c4f-4cee-a072-c695fac5fa6a";
    all.sampling_rate = 0.5;
    const auto row = GENERATE_COPY(values<Row>({
        {"none", {}, "[]"},
        {"all", all,
         R"([{"sampling_rate":0.5},{"outcome":["ok","exception","exceededCpu","exceededMemory","unknown"]},)"
         R"({"method":["GET","POST"]},{"header":{"key":"X-Mark","query":"yes"}},)"
         R"({"client_ip":["self","2001:db8::1"]},{"query":"foo"},)"
         R"({"scriptVersion":"77484c9d-8c4f-4cee-a072-c695fac5fa6a"}])"},
        {"a header without a value", {.header = "X-Mark"}, R"([{"header":{"key":"X-Mark"}}])"},
        {"status", {.statuses = {"bad"}}, ""},
        {"method", {.methods = {"get"}}, ""},
        {"ip", {.ips = {"example.com"}}, ""},
        {"header", {.header = "X Mark:1"}, ""},
        {"header's line break", {.header = "X:a\nb"}, ""},
        {"search", {.search = ""}, ""},
        {"version", {.version_id = "7"}, ""},
        {"rate 0", {.sampling_rate = 0.0}, ""},
        {"rate 2", {.sampling_rate = 2.0}, ""},
        {"no number", {.sampling_rate = std::nan("")}, ""},
    }));
    INFO(row.what);
    const auto filters = tail_filters(row.filters);
    CHECK(filters.has_value() == !row.json.empty());
    if (filters) {
        CHECK(*filters == nlohmann::json::parse(row.json));
    } else {
        CHECK(filters.error().code == ErrorCode::usage);
    }
}

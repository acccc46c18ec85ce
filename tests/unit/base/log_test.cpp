// SPDX-License-Identifier: MIT
#include "core/base/log.hpp"

#include <algorithm>
#include <mutex>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "core/base/console.hpp"
#include "core/base/http.hpp"
#include "core/base/subprocess.hpp"
#include "tests/unit/support/fake_clock.hpp"
#include "tests/unit/support/test_server.hpp"

using namespace pymode;

namespace {

// Keeps the lines, without the time of day that each begins with.
class Lines {
  public:
    [[nodiscard]] Log log(LogLevel most) {
        return Log(most, [this](std::string_view line) {
            static const std::regex time(R"(^\d\d:\d\d:\d\d\.\d\d\d )");
            const std::string text(line);
            CHECK(std::regex_search(text, time));
            lines.push_back(std::regex_replace(text, time, ""));
        });
    }

    std::vector<std::string> lines;
};

struct ErrSink final : ConsoleSink {
    std::string err;
    std::mutex mutex;
    int inside = 0;
    bool overlapped = false;

    void write_out(std::string_view /*text*/) override {}
    void write_err(std::string_view text) override {
        {
            const std::lock_guard lock(mutex);
            overlapped = overlapped || inside != 0;
            ++inside;
        }
        std::this_thread::yield();
        const std::lock_guard lock(mutex);
        err += text;
        --inside;
    }
};

} // namespace

TEST_CASE("log: the level decides, a default one is silent") {
    const Log silent;
    CHECK_FALSE(silent.enabled(LogLevel::info));
    silent.info("nobody reads {}", 1);
    silent.hide("a secret");

    Lines some;
    const Log info = some.log(LogLevel::info);
    info.info("http: {}", 1);
    info.debug("cache: {}", 2);
    CHECK(some.lines == std::vector<std::string>{"http: 1"});
    CHECK(info.enabled(LogLevel::info));
    CHECK_FALSE(info.enabled(LogLevel::debug));

    Lines all;
    const Log debug = all.log(LogLevel::debug);
    debug.info("http: {}", 1);
    debug.debug("cache: {}", 2);
    CHECK(all.lines == std::vector<std::string>{"http: 1", "cache: 2"});
}

TEST_CASE("log: braces in values, control characters and secrets") {
    Lines kept;
    const Log log = kept.log(LogLevel::info);
    const Log copy = log;
    copy.hide("hunter22");
    log.hide("hunter22hunter22"); // the longer one goes first
    log.hide("short");
    log.info("{}", "{not} %v a pattern");
    log.info("a\nb\x1b[31m");
    log.info("--token=hunter22 hunter22hunter22. short");
    CHECK(kept.lines == std::vector<std::string>{"{not} %v a pattern", "a\\nb\\x1b[31m",
                                                 "--token=*** ***. short"});
}

TEST_CASE("log: by the console's verbosity, to stderr, with its colours") {
    const auto said = [](Verbosity verbosity, ColourChoice colour, OutputFormat format) {
        ErrSink sink;
        Console console(sink, Env(), {.colour = colour, .verbosity = verbosity, .format = format});
        console.log().info("info");
        console.log().debug("debug");
        return std::regex_replace(sink.err, std::regex(R"(\d\d:\d\d:\d\d\.\d\d\d)"), "T");
    };
    const auto never = ColourChoice::never;
    CHECK(said(Verbosity::quiet, never, OutputFormat::text).empty());
    CHECK(said(Verbosity::normal, never, OutputFormat::text).empty());
    CHECK(said(Verbosity::verbose, never, OutputFormat::text) == "T info\n");
    CHECK(said(Verbosity::debug, never, OutputFormat::text) == "T info\nT debug\n");
    CHECK(said(Verbosity::verbose, never, OutputFormat::json) == "T info\n");
    CHECK(said(Verbosity::verbose, ColourChoice::always, OutputFormat::text) ==
          "\x1b[2mT info\x1b[0m\n");
}

TEST_CASE("log: lines of several threads and of the console are whole") {
    ErrSink sink;
    Console console(sink, Env(), {.verbosity = Verbosity::verbose});
    const auto work = [&](int number) {
        for (int i = 0; i < 200; ++i) {
            console.log().info("thread {} says {}", number, i);
            console.info("and the console");
        }
    };
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back(work, number);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK_FALSE(sink.overlapped);
    CHECK(std::ranges::count(sink.err, '\n') == 4 * 200 * 2);
}

TEST_CASE("log: a request shows no credentials, and its retries") {
    int asked = 0;
    test::TestServer server([&](const test::ReceivedRequest&) {
        return ++asked == 1 ? test::reply(503, "busy") : test::reply(200, "hello");
    });
    Lines kept;
    test::FakeClock clock;
    const auto http = make_http_client(
        {.user_agent = "t", .env = Env(), .cancel = {}, .log = kept.log(LogLevel::debug)}, clock);
    REQUIRE(http);
    HttpRequest request;
    request.url = "http://user:password1@127.0.0.1:" + std::to_string(server.port()) +
                  "/simple/?token=secret1";
    request.headers = {{"Authorization", "Bearer secret2"}};
    REQUIRE((*http)->send(request));
    REQUIRE(kept.lines.size() == 4);
    const std::string url = server.url("/simple/");
    CHECK(kept.lines[0] == "http: GET " + url + " starts");
    const std::regex again("http: GET .*/simple/: 503, 4 B in .*; attempt 2 follows in .*");
    CHECK(std::regex_match(kept.lines[1], again));
    CHECK(kept.lines[2] == kept.lines[0]);
    CHECK(kept.lines[3] == "http: GET " + url + ": 200, 5 B in 0 ms");
    for (const std::string& line : kept.lines) {
        CHECK(line.find("secret") == std::string::npos);
        CHECK(line.find("password") == std::string::npos);
    }
}

TEST_CASE("log: a request that failed gives the reason") {
    Lines kept;
    test::FakeClock clock;
    const auto http = make_http_client(
        {.user_agent = "t", .env = Env(), .cancel = {}, .log = kept.log(LogLevel::info)}, clock);
    REQUIRE(http);
    HttpRequest request;
    request.url = "http://127.0.0.1:1/nobody";
    request.retry.max_attempts = 1;
    REQUIRE_FALSE((*http)->send(request));
    REQUIRE(kept.lines.size() == 1);
    CHECK(kept.lines[0].starts_with("http: GET http://127.0.0.1:1/nobody: "));
    CHECK(kept.lines[0].find("onnect") != std::string::npos);
}

TEST_CASE("log: a child process, its command line shortened") {
    Lines kept;
    ProcessOptions options;
    options.args = {"/bin/sh", "-c", "exit 3 #" + std::string(200, 'x'), "a b"};
    options.env = Env{{"TOKEN", "not-shown"}};
    options.log = kept.log(LogLevel::debug);
    REQUIRE(run_process(options));
    options.args = {"/nowhere/program"};
    REQUIRE_FALSE(run_process(options));
    REQUIRE(kept.lines.size() == 3);
    CHECK(std::regex_match(kept.lines[0],
                           std::regex(R"(process: \d+ is /bin/sh -c \(208 bytes\) 'a b')")));
    CHECK(std::regex_match(kept.lines[1],
                           std::regex(R"(process: \d+ \(/bin/sh\) ended with 3 after .*)")));
    CHECK(kept.lines[2].starts_with("process: /nowhere/program did not start: "));
}

// SPDX-License-Identifier: MIT
#include "core/base/console.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/support/fake_clock.hpp"

using namespace pymode;
using namespace std::chrono_literals;

namespace {

struct StringSink final : ConsoleSink {
    std::string out;
    std::string err;
    bool terminal = false;

    void write_out(std::string_view text) override { out += text; }
    void write_err(std::string_view text) override { err += text; }
    [[nodiscard]] bool out_is_terminal() const override { return terminal; }
    [[nodiscard]] bool err_is_terminal() const override { return terminal; }
};

} // namespace

TEST_CASE("colour: the option, then the variables, then the terminal") {
    struct Row {
        ColourChoice choice;
        Env env;
        bool terminal;
        Colour expected;
    };
    const auto automatic = ColourChoice::automatic;
    const Row rows[] = {
        {automatic, Env(), true, Colour::yes},
        {automatic, Env(), false, Colour::no},
        {automatic, Env{{"NO_COLOR", "1"}}, true, Colour::no},
        {automatic, Env{{"NO_COLOR", ""}}, true, Colour::yes},
        {automatic, Env{{"FORCE_COLOR", "1"}}, false, Colour::yes},
        {automatic, Env{{"FORCE_COLOR", "0"}}, false, Colour::no},
        {automatic, Env{{"CLICOLOR_FORCE", "1"}}, false, Colour::yes},
        {automatic, Env{{"NO_COLOR", "1"}, {"FORCE_COLOR", "1"}}, true, Colour::no},
        {automatic, Env{{"TERM", "dumb"}}, true, Colour::no},
        {ColourChoice::always, Env{{"NO_COLOR", "1"}}, false, Colour::yes},
        {ColourChoice::never, Env{{"FORCE_COLOR", "1"}}, true, Colour::no},
    };
    for (const Row& row : rows) {
        CAPTURE(row.env.entries(), row.terminal);
        CHECK(decide_colour(row.choice, row.env, row.terminal) == row.expected);
    }
}

TEST_CASE("results go to stdout, the rest to stderr, by verbosity") {
    const auto said = [](Verbosity verbosity) {
        StringSink sink;
        Console console(sink, Env(), {.verbosity = verbosity});
        console.print("result");
        console.info("info");
        console.success("done");
        console.detail("detail");
        console.warn("careful");
        console.print_json("{}");
        CHECK(sink.out == "result\n");
        return sink.err;
    };
    CHECK(said(Verbosity::quiet) == "warning: careful\n");
    CHECK(said(Verbosity::normal) == "info\n✓ done\nwarning: careful\n");
    CHECK(said(Verbosity::verbose) == "info\n✓ done\ndetail\nwarning: careful\n");
}

TEST_CASE("bytes are printed as they are, and a question waits on its line") {
    StringSink sink;
    Console console(sink, Env(), {.verbosity = Verbosity::quiet});
    console.print_bytes(std::string_view("a\0\xFF", 3));
    console.ask("Go on? ");
    CHECK(sink.out == std::string_view("a\0\xFF", 3));
    CHECK(sink.err == "Go on? ");
}

TEST_CASE("with --json stdout holds JSON only") {
    StringSink sink;
    Console console(sink, Env(), {.format = OutputFormat::json});
    console.print("text");
    console.print_bytes("bytes");
    console.print_json(R"({"ok":true})");
    console.print_error({ErrorCode::api, "no", {}, "", std::nullopt});
    CHECK(sink.out == "{\"ok\":true}\n"
                      R"({"error":{"code":"api","message":"no","notes":[],"hint":""}})"
                      "\n");
    CHECK(sink.err.empty());
}

TEST_CASE("a hidden secret that somebody quotes is shown nowhere in an error") {
    const Error error{ErrorCode::api,
                      "no hunter22",
                      {"it says: hunter22"},
                      "not hunter22",
                      SourceLocation{"a.toml", 1, 1, "key = hunter22"}};
    for (const OutputFormat format : {OutputFormat::text, OutputFormat::json}) {
        StringSink sink;
        Console console(sink, Env(), {.format = format});
        console.log().hide("hunter22");
        console.print_error(error);
        console.warn("hunter22");
        CHECK_FALSE((sink.out + sink.err).contains("hunter22"));
        CHECK((sink.out + sink.err).contains("it says: ***"));
    }
}

TEST_CASE("logs of others are made safe") {
    StringSink sink;
    Console console(sink, Env(), {});
    console.foreign_line("[worker] ", "a\x1b]0;title\x07");
    CHECK(sink.err == "[worker] a\\x1b]0;title\\x07\n");
}

TEST_CASE("progress appears after a second, on a terminal only, and goes away") {
    StringSink sink;
    sink.terminal = true;
    test::FakeClock clock;
    Console console(sink, Env{{"NO_COLOR", "1"}}, {});
    {
        Progress progress(console, clock, "Uploading");
        progress.update(1, 100);
        CHECK(sink.err.empty());
        clock.advance(1100ms);
        progress.update(512, 1024);
        CHECK(sink.err == "\r\x1b[KUploading 512 B of 1.0 KiB (50 %)");
        clock.advance(10ms);
        progress.update(600, 1024); // too soon to draw again
        CHECK(sink.err == "\r\x1b[KUploading 512 B of 1.0 KiB (50 %)");
        sink.err.clear();
        console.info("beside it");
        CHECK(sink.err == "\r\x1b[Kbeside it\n\r\x1b[KUploading 512 B of 1.0 KiB (50 %)");
        sink.err.clear();
    }
    CHECK(sink.err == "\r\x1b[K");

    StringSink pipe;
    Console plain(pipe, Env(), {});
    Progress silent(plain, clock, "Uploading");
    clock.advance(5s);
    silent.update(1, 2);
    CHECK(pipe.err.empty());
}

TEST_CASE("a status of several lines is erased as a whole, and no line wraps") {
    StringSink sink;
    sink.terminal = true;
    test::FakeClock clock;
    Console console(sink, Env(), {});
    const std::string up = "\x1b[1A\r\x1b[K";
    {
        Progress progress(console, clock, "downloading");
        clock.advance(1100ms);
        const std::vector<std::string> parts{"a", std::string(200, 'b')};
        progress.update("3 of 5", parts);
        CHECK(sink.err == "\r\x1b[Kdownloading 3 of 5\na\n" + std::string(79, 'b'));
        sink.err.clear();
        clock.advance(200ms);
        progress.update("4 of 5", std::span(parts).first(1));
        CHECK(sink.err == "\r\x1b[K" + up + up + "downloading 4 of 5\na");
        sink.err.clear();
        console.warn("careful");
        CHECK(sink.err.starts_with("\r\x1b[K" + up));
        CHECK(sink.err.ends_with("\n\r\x1b[Kdownloading 4 of 5\na"));
        sink.err.clear();
    }
    CHECK(sink.err == "\r\x1b[K" + up);
}

TEST_CASE("who sees progress") {
    CHECK(decide_progress({}, Env(), true));
    CHECK_FALSE(decide_progress({}, Env(), false));
    for (const char* name : {"CI", "PYMODE_NO_PROGRESS"}) {
        CHECK_FALSE(decide_progress({}, Env{{name, "1"}}, true));
    }
    CHECK_FALSE(decide_progress({}, Env{{"TERM", "dumb"}}, true));
    CHECK_FALSE(decide_progress({.verbosity = Verbosity::quiet}, Env(), true));
    CHECK_FALSE(decide_progress({.format = OutputFormat::json}, Env(), true));
    CHECK_FALSE(decide_progress({.progress = false}, Env(), true));
}

// SPDX-License-Identifier: MIT
#include "core/base/error.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace pymode;

namespace {

Error sample() {
    return {ErrorCode::config,
            "expected a value",
            {"while reading the project", "at the end of the line"},
            "quote the name",
            SourceLocation{"pyproject.toml", 12, 8, "\tname = "}};
}

} // namespace

TEST_CASE("an error as text") {
    CHECK(format_error(sample(), Colour::no) == "error: expected a value\n"
                                                "  --> pyproject.toml:12:8\n"
                                                "    |\n"
                                                " 12 | \tname = \n"
                                                "    | \t      ^\n"
                                                "  caused by: while reading the project\n"
                                                "  caused by: at the end of the line\n"
                                                "  hint: quote the name\n");
    CHECK(format_error({ErrorCode::io, "no", {}, "", std::nullopt}, Colour::no) == "error: no\n");
}

TEST_CASE("the caret stands under the character, not under the byte") {
    Error error = sample();
    error.notes.clear();
    error.hint.clear();
    error.where = SourceLocation{"a.py", 1, 6, "é = )"};
    CHECK(format_error(error, Colour::no) == "error: expected a value\n"
                                             "  --> a.py:1:6\n"
                                             "   |\n"
                                             " 1 | é = )\n"
                                             "   |     ^\n");
    error.where = SourceLocation{"a.py", 3, 0, ""};
    CHECK(format_error(error, Colour::no) == "error: expected a value\n  --> a.py:3\n");
}

TEST_CASE("colour is only around what we say; control characters of others are harmless") {
    const std::string text =
        format_error({ErrorCode::io, "bad \x1b[2J name", {}, "", std::nullopt}, Colour::yes);
    CHECK(text == "\x1b[1;31merror:\x1b[0m \x1b[1mbad \\x1b[2J name\x1b[0m\n");
}

TEST_CASE("an error as JSON") {
    const auto json = nlohmann::json::parse(error_to_json(sample()));
    CHECK(json["error"]["code"] == "config");
    CHECK(json["error"]["where"]["line"] == 12);
    CHECK(json["error"]["notes"].size() == 2);
    const Error not_utf8{ErrorCode::io, "\xFF", {}, "", std::nullopt};
    CHECK(nlohmann::json::parse(error_to_json(not_utf8))["error"]["message"] == "\xEF\xBF\xBD");
}

TEST_CASE("exit codes") {
    CHECK(exit_code(ErrorCode::usage) == 2);
    CHECK(exit_code(ErrorCode::config) == 2);
    CHECK(exit_code(ErrorCode::cancelled) == 130);
    CHECK(exit_code(ErrorCode::api) == 1);
    CHECK(error_code_name(ErrorCode::not_found) == "not_found");
    CHECK(error_code_name(ErrorCode::internal) == "internal");
}

TEST_CASE("errors travel between Expected types and gather notes") {
    const Expected<int> failed = fail(ErrorCode::io, "cannot read x", "try y");
    const Expected<std::string> passed = propagate(failed, "while starting");
    CHECK(passed.error().message == "cannot read x");
    CHECK(passed.error().hint == "try y");
    CHECK(passed.error().notes == std::vector<std::string>{"while starting"});
    CHECK(fail_errno(ErrorCode::io, "x", 2).error().notes.at(0) == "No such file or directory");
}

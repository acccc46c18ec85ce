// SPDX-License-Identifier: MIT
#include "core/project/jsonc.hpp"

#include <catch2/catch.hpp>

#include "core/project/config_json.hpp"

using namespace pymode;

TEST_CASE("JSON with comments and trailing commas is read as JSON") {
    const std::pair<std::string, std::string> rows[] = {
        {"{}", "{}"},
        {"\xEF\xBB\xBF{\"a\": 1}", R"({"a":1})"},
        {"/* a */ [1, -2.5e1, true, null, // b\n \"x\",]\n", R"([1,-25.0,true,null,"x"])"},
        {R"({"b": {"c": [{}],}, "a": "\u00e9\ud83d\ude00\n\/"})",
         "{\"b\":{\"c\":[{}]},\"a\":\"\xC3\xA9\xF0\x9F\x98\x80\\n/\"}"},
        {"\"// no comment\"", "\"// no comment\""},
        {"9223372036854775807", "9223372036854775807"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        const auto document = parse_jsonc("x.json", text);
        REQUIRE(document);
        CHECK(to_json(document->root).dump() == expected);
    }
}

TEST_CASE("what is no JSON is an error at its place") {
    struct Row {
        std::string text;
        std::string message;
        int line;
        int column;
    };
    const Row rows[] = {
        {"", "bad JSON: a value is missing here", 1, 1},
        {"{\"a\": 1 \"b\": 2}", "bad JSON: a comma or } is missing before this", 1, 9},
        {"{\n  \"a\": [1,\n", "bad JSON: the array that begins here has no end", 2, 8},
        {"{a: 1}", "bad JSON: a key in double quotes is missing here", 1, 2},
        {"{\"a\" 1}", "bad JSON: a colon is missing before this", 1, 6},
        {"{\"a\": 1, \"a\": 2}", "bad JSON: the key `a` stands twice in this object", 1, 10},
        {"[01]", "bad JSON: this is no number", 1, 2},
        {"[1e999]", "bad JSON: this number is too large", 1, 2},
        {"\"\\ud800\"", "bad JSON: half of a surrogate pair is missing", 1, 2},
        {"\"\\x\"", "bad JSON: there is no such escape in JSON", 1, 2},
        {"\"a\nb\"", "bad JSON: the string that begins here has no end", 1, 1},
        {"/* a", "bad JSON: the comment that begins here has no end", 1, 1},
        {"{} x", "bad JSON: there is more behind the value", 1, 4},
        {"[True]", "bad JSON: a value is missing here", 1, 2},
        {std::string(200, '['), "bad JSON: values are nested deeper than 100", 1, 102},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto document = parse_jsonc("x.json", row.text);
        REQUIRE_FALSE(document);
        CHECK(document.error().message == row.message);
        REQUIRE(document.error().where);
        CHECK(document.error().where->line == row.line);
        CHECK(document.error().where->column == row.column);
    }
}

TEST_CASE("bytes that are no UTF-8 never become text") {
    for (const char* text : {"{\"a\": \"gl\xE0obal\"}", "{\"\xFF\": 1}", "{} // \xC0\x80"}) {
        const auto document = parse_jsonc("x.json", text);
        REQUIRE_FALSE(document);
        CHECK(document.error().message == "x.json is not UTF-8 text");
    }
}

// SPDX-License-Identifier: MIT
#include "core/base/text.hpp"

#include <catch2/catch.hpp>

#include "core/base/edit_distance.hpp"
#include "core/base/environment.hpp"
#include "core/base/hash.hpp"

using namespace pymode;

TEST_CASE("trim and split") {
    CHECK(trim(" \t a b\r\n") == "a b");
    CHECK(trim(" \n").empty());
    CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(split_lines("a\r\nb\n\nc") == std::vector<std::string_view>{"a", "b", "", "c"});
    CHECK(split_lines("a\n") == std::vector<std::string_view>{"a"});
    CHECK(split_lines("").empty());
    CHECK(replace_all("aXbXX", "X", "--") == "a--b----");
    CHECK(replace_all("abc", "", "x") == "abc");
    const std::string parts[] = {"a", "b"};
    CHECK(join(parts, ", ") == "a, b");
    CHECK(equals_ignoring_case("Content-TYPE", "content-type"));
    CHECK_FALSE(equals_ignoring_case("a", "ab"));
}

TEST_CASE("UTF-8 is checked strictly") {
    struct Row {
        std::string_view text;
        bool valid;
    };
    const Row rows[] = {
        {"", true},
        {"plain", true},
        {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", true},
        {"\xEF\xBF\xBF", true},
        {"\xF4\x8F\xBF\xBF", true},
        {"\xC0\xAF", false},         // overlong
        {"\xE0\x9F\xBF", false},     // overlong
        {"\xF0\x8F\xBF\xBF", false}, // overlong
        {"\xED\xA0\x80", false},     // surrogate
        {"\xF4\x90\x80\x80", false}, // above U+10FFFF
        {"\x80", false},
        {"\xE2\x82", false}, // cut off
        {"\xE2\x28\xA1", false},
        {"\xFF", false},
    };
    for (const Row& row : rows) {
        CAPTURE(printable(row.text));
        CHECK(is_valid_utf8(row.text) == row.valid);
    }
}

TEST_CASE("text of others cannot steer a terminal") {
    CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
    CHECK(printable("tab\tline\n") == "tab\tline\n");
    CHECK(printable("\xC2\x9B"
                    "31m \xC3\xA9") == "\\xc2\\x9b31m \xC3\xA9");
    CHECK(printable("\xFF\x7F") == "\\xff\\x7f");
}

TEST_CASE("edit distance and suggestions") {
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("ab", "ba") == 1);
    CHECK(edit_distance("deploy", "deploy") == 0);
    const std::vector<std::string> commands{"init", "build", "dev", "deploy", "doctor"};
    CHECK(closest_match("deplpy", commands) == "deploy");
    CHECK(closest_match("dpeloy", commands) == "deploy");
    CHECK(closest_match("BUILD", commands) == "build");
    CHECK_FALSE(closest_match("xyz", commands).has_value());
    CHECK_FALSE(closest_match("", commands).has_value());
}

TEST_CASE("sizes and durations for people") {
    CHECK(human_size(0) == "0 B");
    CHECK(human_size(1023) == "1023 B");
    CHECK(human_size(1024) == "1.0 KiB");
    CHECK(human_size(1024 * 1024 - 1) == "1.0 MiB");
    CHECK(human_size(5'976'883) == "5.7 MiB");
    CHECK(human_size(~std::uint64_t{0}) == "16.0 EiB");
    using std::chrono::milliseconds;
    CHECK(human_duration(milliseconds(8)) == "8 ms");
    CHECK(human_duration(milliseconds(1240)) == "1.2 s");
    CHECK(human_duration(milliseconds(59'960)) == "1 min 0 s");
    CHECK(human_duration(milliseconds(125'000)) == "2 min 5 s");
}

TEST_CASE("whole numbers") {
    CHECK(parse_unsigned("0") == 0U);
    CHECK(parse_unsigned("18446744073709551615") == ~std::uint64_t{0});
    for (const char* text : {"", "+1", "-1", " 1", "1 ", "0x10", "18446744073709551616"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_unsigned(text).has_value());
    }
}

TEST_CASE("shell words") {
    CHECK(shell_quote("a/b.py") == "a/b.py");
    CHECK(shell_quote("") == "''");
    CHECK(shell_quote("it's") == "'it'\\''s'");
}

TEST_CASE("an environment is a value") {
    Env env{{"B", "2"}, {"A", "1"}, {"EMPTY", ""}};
    CHECK(env.get("A") == "1");
    CHECK_FALSE(env.get("C").has_value());
    CHECK(env.get("EMPTY") == "");
    CHECK_FALSE(env.get_nonempty("EMPTY").has_value());
    env.unset("B");
    CHECK(env.entries() == std::vector<std::string>{"A=1", "EMPTY="});
    CHECK_FALSE(env.find_program("sh").has_value());
    env.set("PATH", ":/nowhere:/bin");
    CHECK(env.find_program("sh") == "/bin/sh");
    CHECK_FALSE(env.find_program("").has_value());
    CHECK_FALSE(env.find_program("/bin").has_value()); // a folder
}

TEST_CASE("SHA-256") {
    CHECK(sha256_hex({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    Sha256 hash;
    hash.update(as_bytes("a"));
    hash.update(as_bytes("bc"));
    CHECK(hash.finish() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_file("/nowhere/x").error().code == ErrorCode::not_found);
}

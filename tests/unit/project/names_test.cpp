// SPDX-License-Identifier: MIT
#include "core/project/names.hpp"

#include <catch2/catch.hpp>

using namespace pymode;

TEST_CASE("script names follow Cloudflare's rule") {
    struct Row {
        std::string name;
        bool good;
    };
    const auto row = GENERATE(values<Row>({{"a", true},
                                           {"my-worker", true},
                                           {"w2", true},
                                           {std::string(63, 'a'), true},
                                           {std::string(64, 'a'), false},
                                           {"", false},
                                           {"-a", false},
                                           {"a-", false},
                                           {"My", false},
                                           {"a b", false},
                                           {"a_b", false},
                                           {"a.b", false},
                                           {"\xC3\xA9", false}}));
    CAPTURE(row.name);
    CHECK(is_script_name(row.name) == row.good);
}

TEST_CASE("a suggested name is near and valid, or empty") {
    struct Row {
        std::string name;
        std::string better;
    };
    const auto row = GENERATE(values<Row>({{"My Worker", "my-worker"},
                                           {"a_b.c", "a-b-c"},
                                           {"--x--", "x"},
                                           {"\xC3\xA9t\xC3\xA9", "t"},
                                           {"...", ""},
                                           {std::string(62, 'a') + "-bc", std::string(62, 'a')}}));
    CAPTURE(row.name);
    CHECK(suggest_script_name(row.name) == row.better);
    CHECK((row.better.empty() || is_script_name(row.better)));
}

TEST_CASE("identifiers, ids and dates") {
    CHECK(is_identifier("ITEMS"));
    CHECK(is_identifier("_a1"));
    CHECK_FALSE(is_identifier("1a"));
    CHECK_FALSE(is_identifier("a-b"));
    CHECK_FALSE(is_identifier(""));
    CHECK(is_hex_id("0123456789abcdefABCDEF0123456789"));
    CHECK_FALSE(is_hex_id("0123456789abcdef0123456789abcdeg"));
    CHECK_FALSE(is_hex_id("0123456789abcdef0123456789abcde"));
    CHECK(is_date("2026-11-01"));
    CHECK(is_date("2024-02-29"));
    CHECK_FALSE(is_date("2026-02-29"));
    CHECK_FALSE(is_date("2026-13-01"));
    CHECK_FALSE(is_date("2026-11-00"));
    CHECK_FALSE(is_date("2026-11-1"));
    CHECK_FALSE(is_date("20261101"));
}

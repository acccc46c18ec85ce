// SPDX-License-Identifier: MIT
#include "core/pep/requirement.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/pep/name.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

Requirement requirement(const std::string& text) {
    auto parsed = Requirement::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

Json fields(const Requirement& parsed) {
    std::vector<std::string> extras = parsed.extras;
    std::ranges::sort(extras);
    return Json{{"name", parsed.name},
                {"extras", extras},
                {"url", parsed.url ? Json(*parsed.url) : Json()},
                {"specifier", parsed.specifiers.canonical()},
                {"marker", parsed.marker ? Json(parsed.marker->to_string()) : Json()},
                {"text", parsed.canonical()}};
}

// The caret line of the reference's message: where the marked part begins and where the caret is.
// Nothing where the message has none.
std::optional<std::pair<std::size_t, std::size_t>> caret_span(const std::string& message) {
    const std::size_t line = message.rfind('\n');
    if (line == std::string::npos || message.back() != '^') {
        return std::nullopt;
    }
    constexpr std::size_t indent = 4;
    const std::size_t begin = message.find_first_of("~^", line + 1);
    return std::pair{begin - line - 1 - indent, message.size() - 1 - line - 1 - indent};
}

} // namespace

TEST_CASE("vectors: requirement_valid") {
    Vectors vectors("requirement_valid");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const auto parsed = Requirement::parse(row[0].get<std::string>());
        const Json found = parsed ? fields(*parsed) : Json("refused: " + parsed.error().message);
        vectors.expect(found == row[1], row.dump() + " gives " + found.dump());
        // What is written can be read again.
        if (parsed) {
            CHECK(requirement(parsed->to_string()) == *parsed);
        }
    }
}

TEST_CASE("vectors: requirement_invalid") {
    Vectors vectors("requirement_invalid");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const auto parsed = parse_requirement(row[0].get<std::string>());
        const auto span = caret_span(row[1]);
        const bool same_place =
            !parsed &&
            (!span || (parsed.error().begin == span->first && parsed.error().end == span->second));
        std::string found = "accepted";
        if (!parsed) {
            found = parsed.error().message + " at " + std::to_string(parsed.error().begin) + "-" +
                    std::to_string(parsed.error().end);
        }
        vectors.expect(same_place, row.dump() + " gives " + found);
    }
    vectors.remark("refused, at the same place; the wording is ours");
}

TEST_CASE("vectors: requirement_equality") {
    Vectors vectors("requirement_equality");
    if (!vectors.available()) {
        return;
    }
    for (const auto& [kind, list] : vectors.cases().items()) {
        for (const Json& pair : list) {
            const bool equal = requirement(pair[0]) == requirement(pair[1]);
            vectors.expect(equal == (kind != "different"), kind + pair.dump());
        }
    }
}

TEST_CASE("vectors: name_normalize") {
    Vectors vectors("name_normalize");
    if (!vectors.available()) {
        return;
    }
    for (const auto& [kind, list] : vectors.cases().items()) {
        for (const Json& row : list) {
            if (kind == "normalise") {
                vectors.expect(normalize_name(row[0].get<std::string>()) ==
                                   row[1].get<std::string>(),
                               row.dump());
            } else {
                vectors.expect(!is_valid_name(row.get<std::string>()), row.dump());
            }
        }
    }
}

TEST_CASE("an error of a requirement shows the text and a caret") {
    const auto parsed = Requirement::parse("name==1.0.org1");
    REQUIRE_FALSE(parsed);
    CHECK(pymode::format_error(parsed.error(), pymode::Colour::no) ==
          "error: invalid requirement: expected a comma, a semicolon or the end after the version\n"
          "  --> requirement:1:10\n"
          "   |\n"
          " 1 | name==1.0.org1\n"
          "   |          ^\n");
}

TEST_CASE("a URL takes the semicolon that directly follows it") {
    const Requirement parsed = requirement("a @ https://x.example/a.whl;b ; python_version > '3'");
    CHECK(parsed.url == "https://x.example/a.whl;b");
    CHECK(parsed.marker);
    CHECK(parsed.to_string() == "a @ https://x.example/a.whl;b ; python_version > \"3\"");
}

TEST_CASE("hostile requirements are refused") {
    const std::string deep(max_marker_depth + 1, '(');
    for (const std::string& text :
         {std::string("a; ") + deep + "os_name == 'x'",
          std::string(max_requirement_length + 1, 'a'), std::string("a\0b", 3),
          std::string("a@https://x\r\nHost: y"), std::string("-a"), std::string("a_"),
          std::string("\xC3\xA9")}) {
        CHECK_FALSE(Requirement::parse(text));
    }
}

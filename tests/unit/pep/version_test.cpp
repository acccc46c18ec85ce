// SPDX-License-Identifier: MIT
#include "core/pep/version.hpp"

#include <catch2/catch.hpp>

#include "core/pep/version_set.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

Version version(const std::string& text) {
    auto parsed = Version::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

Json number_json(const Number& number) {
    return number.value() ? Json(*number.value()) : Json(number.to_string());
}

Json optional_json(const std::optional<Number>& number) {
    return number ? number_json(*number) : Json();
}

Json pre_json(const Version& parsed) {
    if (!parsed.pre) {
        return {};
    }
    static const char* const letters[] = {"a", "b", "rc"};
    return Json::array(
        {letters[static_cast<int>(parsed.pre->kind)], number_json(parsed.pre->number)});
}

// Everything that the vectors ask of a version.
Json parts(const Version& parsed) {
    Json release = Json::array();
    for (const Number& number : parsed.release) {
        release.push_back(number_json(number));
    }
    return Json{{"epoch", number_json(parsed.epoch)},
                {"release", release},
                {"pre", pre_json(parsed)},
                {"post", optional_json(parsed.post)},
                {"dev", optional_json(parsed.dev)},
                {"local", parsed.local.empty() ? Json() : Json(parsed.local_text())},
                {"public", parsed.public_version().to_string()},
                {"base_version", parsed.base_version().to_string()},
                {"is_prerelease", parsed.is_prerelease()},
                {"is_postrelease", parsed.post.has_value()},
                {"is_devrelease", parsed.dev.has_value()}};
}

} // namespace

TEST_CASE("vectors: version_normalize") {
    Vectors vectors("version_normalize");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const auto parsed = Version::parse(row[0].get<std::string>());
        vectors.expect(parsed && parsed->to_string() == row[1].get<std::string>(), row.dump());
    }
}

TEST_CASE("vectors: version_invalid") {
    Vectors vectors("version_invalid");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        vectors.expect(!Version::parse(row.get<std::string>()), row.dump());
    }
}

TEST_CASE("vectors: version_canonical_trim") {
    Vectors vectors("version_canonical_trim");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const std::string text = row[0];
        const auto parsed = Version::parse(text);
        vectors.expect((parsed ? parsed->canonical() : text) == row[1].get<std::string>(),
                       row.dump());
    }
}

TEST_CASE("vectors: version_parts") {
    Vectors vectors("version_parts");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const Json found = parts(version(row.at("version")));
        bool same = true;
        for (const auto& [key, value] : row.items()) {
            same = same && (key == "version" || found.at(key) == value);
        }
        vectors.expect(same, row.dump() + " gives " + found.dump());
    }
}

TEST_CASE("vectors: version_order") {
    Vectors vectors("version_order");
    if (!vectors.available()) {
        return;
    }
    std::vector<Version> sorted;
    for (const Json& row : vectors.cases()) {
        sorted.push_back(version(row));
    }
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        bool ordered = sorted[i] == sorted[i];
        for (std::size_t j = i + 1; j < sorted.size(); ++j) {
            ordered = ordered && sorted[i] < sorted[j] && sorted[j] > sorted[i];
        }
        vectors.expect(ordered, sorted[i].to_string() + " before all that follow");
    }
    vectors.remark("every pair, both ways");
}

TEST_CASE("numbers of a version have no bound") {
    const Version huge = version("99999999999999999999999999999999");
    CHECK(huge > version("18446744073709551615"));
    CHECK(huge < version("100000000000000000000000000000000"));
    CHECK(huge.release[0].next().to_string() == "100000000000000000000000000000000");
    CHECK(huge.release[0].next().previous() == huge.release[0]);
    CHECK(version("18446744073709551615").release[0].next().to_string() == "18446744073709551616");
    CHECK(version("18446744073709551616").release[0].previous().value() ==
          std::optional<std::uint64_t>(18446744073709551615U));
    CHECK(version("1.0+000000000000000000000000000000000001") == version("1.0+1"));
    CHECK(version("1713478742!10.3.0") > version("99.0"));
    CHECK_FALSE(Version::parse(std::string(max_version_length + 1, '1')));
}

TEST_CASE("zeros at the end of a release do not count") {
    CHECK(version("1.0") == version("1"));
    CHECK(version("1.0.0").canonical() == version("1").canonical());
    CHECK(version("0") == version("0.0.0"));
    CHECK(version("1.0").to_string() == "1.0");
}

TEST_CASE("text that continues a version in ways of its own is refused") {
    for (const std::string text : {"", "v", "1!", "!1", "1.0+", "1.0-", "1.0;", "1,0"}) {
        INFO(text);
        CHECK_FALSE(Version::parse(text));
    }
}

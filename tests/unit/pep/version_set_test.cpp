// SPDX-License-Identifier: MIT
#include "core/pep/version_set.hpp"

#include <catch2/catch.hpp>

#include "core/pep/specifier.hpp"

using namespace pymode::pep;

namespace {

VersionSet set_of(const std::string& text) {
    auto parsed = SpecifierSet::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed->versions();
}

Version version(const std::string& text) {
    return *Version::parse(text);
}

// Near each other on purpose: every kind of bound meets every kind of neighbour.
const std::vector<std::string> specifier_texts = {"",
                                                  ">=1.0",
                                                  ">1.0",
                                                  "<1.0",
                                                  "<=1.0",
                                                  "==1.0",
                                                  "!=1.0",
                                                  "==1.0.*",
                                                  "!=1.0.*",
                                                  "~=1.0",
                                                  "~=1.0.1",
                                                  ">1.0.post1",
                                                  ">=1.0a1",
                                                  "<1.0a1",
                                                  ">1.0a1",
                                                  "<1.0.post1",
                                                  "<=1.0.post0",
                                                  ">=1.0.post0.dev0",
                                                  "==1.0+x",
                                                  "!=1.0+x",
                                                  "==1.0a1",
                                                  ">1.0.dev3",
                                                  "<1.0.dev3",
                                                  "<=1.0.dev2",
                                                  "==1.0.*,!=1.0.1",
                                                  ">=0.dev0",
                                                  "<1!0",
                                                  "==1!1.0",
                                                  "!=1.0,!=1.1,<2",
                                                  ">1.0a1,<1.0a2.dev0",
                                                  ">=2,<1",
                                                  "!=1.*,!=2.*",
                                                  "==0.*",
                                                  "<=0"};

const std::vector<std::string> version_texts = {"0.dev0",
                                                "0",
                                                "0.9",
                                                "1.0.dev0",
                                                "1.0.dev2",
                                                "1.0.dev3",
                                                "1.0.dev4",
                                                "1.0a0",
                                                "1.0a1.dev0",
                                                "1.0a1",
                                                "1.0a1+l",
                                                "1.0a1.post1",
                                                "1.0a2.dev0",
                                                "1.0a2",
                                                "1.0rc1",
                                                "1.0",
                                                "1.0+a",
                                                "1.0+x",
                                                "1.0+x.1",
                                                "1.0.post0.dev0",
                                                "1.0.post0",
                                                "1.0.post1",
                                                "1.0.post2.dev0",
                                                "1.0.post2",
                                                "1.0.0.1",
                                                "1.0.1",
                                                "1.1.dev0",
                                                "1.1",
                                                "2.0",
                                                "1!0",
                                                "1!1.0"};

} // namespace

TEST_CASE("the laws of an algebra of sets hold for all pairs") {
    for (const std::string& a_text : specifier_texts) {
        const VersionSet a = set_of(a_text);
        INFO(a_text);
        CHECK(a.complement().complement() == a);
        CHECK(a.intersect(a.complement()).is_empty());
        CHECK(a.unite(a.complement()).is_all());
        for (const std::string& b_text : specifier_texts) {
            const VersionSet b = set_of(b_text);
            INFO(b_text);
            const VersionSet both = a.intersect(b);
            CHECK(both == b.intersect(a));
            CHECK(a.unite(b) == b.unite(a));
            CHECK(a.unite(b) == a.complement().intersect(b.complement()).complement());
            CHECK(a.is_subset_of(b) == (both == a));
            CHECK(a.is_disjoint_from(b) == both.is_empty());
            for (const std::string& text : version_texts) {
                const Version v = version(text);
                CHECK(both.contains(v) == (a.contains(v) && b.contains(v)));
            }
        }
    }
}

TEST_CASE("membership of the complement is the opposite") {
    for (const std::string& text : specifier_texts) {
        const VersionSet set = set_of(text);
        const VersionSet rest = set.complement();
        for (const std::string& v : version_texts) {
            INFO(text << " and " << v);
            CHECK(set.contains(version(v)) != rest.contains(version(v)));
        }
    }
}

TEST_CASE("sets that hold the same versions are the same value") {
    CHECK(set_of(">=1.0.post0.dev0") == set_of("<=1.0").complement());
    CHECK(set_of("<0.dev0").is_empty());
    CHECK(set_of(">1.0a1,<1.0a2.dev0").is_empty());
    CHECK(set_of(">=1.0a2.dev0") == set_of(">1.0a1"));
    CHECK(set_of(">=1.0.dev4") == set_of(">1.0.dev3"));
    CHECK(set_of(">1.0.post1") == set_of(">=1.0.post2.dev0"));
    CHECK(set_of("==1.0.*") == set_of(">=1.0.dev0,<1.1"));
    CHECK(set_of(">=1.0") == set_of(">=1.0.0"));
    CHECK(set_of(">=0.dev0").is_all());
}

TEST_CASE("sets are written as specifiers") {
    const std::pair<const char*, const char*> rows[] = {
        {"", "*"},
        {">=1.0,<2", ">=1.0,<2"},
        {">1.0,<=2.0", ">1.0,<=2.0"},
        {"==1.0", "==1.0"},
        {"==1.0+x", "==1.0+x"},
        {"!=1.0", "!=1.0"},
        {"==1.2.*", "==1.2.*"},
        {"!=1.2.*,>=1", ">=1,!=1.2.*"},
        {">=1.0,!=1.3,!=1.5,<2.0", ">=1.0,!=1.3,!=1.5,<2.0"},
        {">1.0.post1", ">1.0.post1"},
        {"<=1.0.post1", "<=1.0.post1"},
        {"<1.0rc1", "<1.0rc1"},
        {"~=1.4.2", ">=1.4.2,<1.5"},
        {"<0.dev0", "nothing"},
    };
    for (const auto& [text, expected] : rows) {
        INFO(text);
        CHECK(set_of(text).to_string() == expected);
    }
    CHECK(set_of("<1").unite(set_of(">=2")).to_string() == "<1 or >=2");
    CHECK(set_of("==1.0").unite(set_of("==2.0")).to_string() == "==1.0 or ==2.0");
}

TEST_CASE("what a set is written as means the same set") {
    for (const std::string& text : specifier_texts) {
        const VersionSet set = set_of(text);
        const std::string written = set.to_string();
        if (set.is_empty() || set.is_all() || written.find(" or ") != std::string::npos) {
            continue;
        }
        INFO(text << " is written " << written);
        CHECK(set_of(written) == set);
    }
}

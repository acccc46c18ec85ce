// SPDX-License-Identifier: MIT
#include "core/pep/specifier.hpp"

#include <catch2/catch.hpp>

#include "core/pep/prerelease.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

SpecifierSet specifiers(const std::string& text) {
    auto parsed = SpecifierSet::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return *parsed;
}

// The vectors know a policy of the set and one of the call, which wins; null is the default rule.
PrereleasePolicy policy(const Json& of_set, const Json& of_call) {
    const Json& chosen = of_call.is_null() ? of_set : of_call;
    if (chosen.is_null()) {
        return PrereleasePolicy::if_needed;
    }
    return chosen.get<bool>() ? PrereleasePolicy::allow : PrereleasePolicy::disallow;
}

std::vector<std::string> selected(const SpecifierSet& set, const std::vector<std::string>& texts,
                                  PrereleasePolicy chosen_policy) {
    std::vector<Candidate> candidates;
    for (const std::string& text : texts) {
        candidates.push_back(Candidate::from_text(text));
    }
    std::vector<std::string> result;
    for (const std::size_t index : select_candidates(set, candidates, chosen_policy)) {
        result.push_back(texts[index]);
    }
    return result;
}

} // namespace

TEST_CASE("vectors: specifier_match and specifier_matrix") {
    for (const char* name : {"specifier_match", "specifier_matrix"}) {
        Vectors vectors(name);
        if (!vectors.available()) {
            continue;
        }
        for (const Json& row : vectors.cases()) {
            vectors.expect(specifiers(row[0]).admits(row[1].get<std::string>()) == row[2],
                           row.dump());
        }
    }
}

TEST_CASE("vectors: specifier_arbitrary_equality") {
    Vectors vectors("specifier_arbitrary_equality");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        std::string candidate = row[1];
        if (row[2] == "normalised") {
            candidate = Version::parse(candidate)->to_string();
        }
        vectors.expect(specifiers(row[0]).admits(candidate) == row[3], row.dump());
    }
}

TEST_CASE("vectors: specifier_prerelease_contains") {
    Vectors vectors("specifier_prerelease_contains");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const bool installed = row[4];
        const auto chosen = installed ? PrereleasePolicy::allow : policy(row[2], row[3]);
        const bool found = !selected(specifiers(row[0]), {row[1]}, chosen).empty();
        vectors.expect(found == row[5], row.dump());
    }
}

TEST_CASE("vectors: specifier_filter") {
    Vectors vectors("specifier_filter");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const Json found = selected(specifiers(row[0]), row[3], policy(row[1], row[2]));
        vectors.expect(found == row[4], row.dump() + " gives " + found.dump());
    }
}

TEST_CASE("vectors: specifier_prerelease_detection") {
    Vectors vectors("specifier_prerelease_detection");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        vectors.expect(specifiers(row[0]).names_prerelease() == row[1], row.dump());
    }
}

TEST_CASE("vectors: specifier_syntax") {
    Vectors vectors("specifier_syntax");
    if (!vectors.available()) {
        return;
    }
    for (const auto& [kind, list] : vectors.cases().items()) {
        for (const Json& text : list) {
            const bool parsed = SpecifierSet::parse(text.get<std::string>()).has_value();
            vectors.expect(parsed == (kind == "valid"), kind + " " + text.dump());
        }
    }
}

TEST_CASE("vectors: specifier_satisfiability") {
    Vectors vectors("specifier_satisfiability");
    if (!vectors.available()) {
        return;
    }
    for (const auto& [kind, list] : vectors.cases().items()) {
        for (const Json& text : list) {
            const SpecifierSet set = specifiers(text);
            const bool found = kind.ends_with("_without_prereleases")
                                   ? set.is_satisfiable_without_prereleases()
                                   : set.is_satisfiable();
            vectors.expect(found == kind.starts_with("satisfiable"), kind + " " + text.dump());
        }
    }
}

TEST_CASE("vectors: specifier_relations") {
    Vectors vectors("specifier_relations");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const VersionSet left = specifiers(row[0]).versions();
        const VersionSet right = specifiers(row[2]).versions();
        const bool found = row[1] == "subset"     ? left.is_subset_of(right)
                           : row[1] == "superset" ? right.is_subset_of(left)
                                                  : left.is_disjoint_from(right);
        vectors.expect(found == row[3], row.dump());
    }
}

TEST_CASE("an error of a specifier points at its place") {
    const auto set = SpecifierSet::parse(">=1.0, <2.*");
    REQUIRE_FALSE(set);
    CHECK(set.error().where->column == 11);
    CHECK(set.error().where->line_text == ">=1.0, <2.*");
}

TEST_CASE("a pin names one version") {
    CHECK(specifiers("==1.0").is_pin());
    CHECK(specifiers("===1.0").is_pin());
    CHECK(specifiers(">=1,==1.0").is_pin());
    CHECK_FALSE(specifiers("==1.*").is_pin());
    CHECK_FALSE(specifiers("~=1.0").is_pin());
}

TEST_CASE("specifiers keep the author's text and order") {
    const SpecifierSet set = specifiers(" >= 1.0.0 , <2 ,");
    CHECK(set.to_string() == ">=1.0.0,<2");
    CHECK(set.canonical() == "<2,>=1.0.0");
    CHECK(set == specifiers("<2.0,>=1"));
    CHECK_FALSE(specifiers("~=1.0.0") == specifiers("~=1.0"));
    CHECK_FALSE(specifiers("==1.0.*") == specifiers("==1.*"));
}

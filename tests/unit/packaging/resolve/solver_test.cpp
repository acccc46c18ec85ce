// SPDX-License-Identifier: MIT
// The solver alone, on small universes; the cases are in solver.json.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "tests/unit/packaging/resolve/memory_provider.hpp"

using namespace pymode;
using namespace pymode::pubgrub;
using namespace pymode::pubgrub::test;

namespace {

using Json = nlohmann::ordered_json;

Universe universe_of(const Json& value) {
    Universe universe;
    universe.root = value.at("root");
    for (const auto& [name, versions] : value.at("packages").items()) {
        for (const auto& [version, requirements] : versions.items()) {
            universe.packages[name][version] = requirements;
        }
    }
    return universe;
}

} // namespace

TEST_CASE("the solver finds what it should, or proves that there is nothing") {
    const auto text = read_text_file(fs::path(PYMODE_TEST_DATA) / "solver.json", 1 << 20);
    REQUIRE(text);
    const Json document = Json::parse(*text);
    for (const Json& one : document.at("cases")) {
        INFO(one.at("name"));
        const Answer answer = solve(universe_of(one));
        if (one.contains("selects")) {
            REQUIRE(answer.selection);
            CHECK(*answer.selection == one.at("selects").get<Selection>());
        } else {
            CHECK_FALSE(answer.selection);
            const auto proof = one.at("proof").get<std::vector<std::string>>();
            if (answer.sentences != proof) {
                fmt::print("{}\n  {}\n", one.at("name").get<std::string>(),
                           fmt::join(answer.sentences, "\n  "));
            }
            CHECK(answer.sentences == proof);
        }
        if (one.contains("at_most_tried")) {
            CHECK(answer.asked <= one.at("at_most_tried").get<int>());
        }
    }
}

TEST_CASE("the solver stops when it is cancelled") {
    Universe universe;
    universe.root = {"a"};
    universe.packages["a"]["1"] = {};
    MemoryProvider provider(universe);
    provider.cancel_now = true;
    Solver solver(provider);
    const auto outcome = solver.run();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == ErrorCode::cancelled);
}

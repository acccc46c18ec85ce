// SPDX-License-Identifier: MIT
// The solver against exhaustive search, on random universes with fixed seeds.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/pep/requirement.hpp"
#include "tests/unit/packaging/resolve/memory_provider.hpp"

using namespace pymode;
using namespace pymode::pubgrub::test;

namespace {

using Engine = std::mt19937; // its sequence is fixed by the standard; distributions are not

int below(Engine& engine, int bound) {
    return static_cast<int>(engine() % static_cast<unsigned>(bound));
}

std::string random_requirement(Engine& engine, int packages, int versions) {
    static const char* const operators[] = {"", "==", ">=", "<=", "<", ">", "!="};
    const std::string name = fmt::format("p{}", below(engine, packages));
    const char* const op = operators[below(engine, 7)];
    return *op == '\0' ? name : fmt::format("{}{}{}", name, op, 1 + below(engine, versions));
}

std::vector<std::string> random_requirements(Engine& engine, int most, int packages, int versions) {
    std::vector<std::string> requirements;
    for (int i = below(engine, most + 1); i > 0; --i) {
        requirements.push_back(random_requirement(engine, packages, versions));
    }
    return requirements;
}

Universe random_universe(unsigned seed) {
    Engine engine(seed);
    const int packages = 2 + below(engine, 6);
    const int versions = 1 + below(engine, 5);
    Universe universe;
    // One more package is asked for than exists.
    for (int i = 0; i < packages; ++i) {
        for (int v = 1; v <= versions; ++v) {
            if (below(engine, 6) != 0) {
                universe.packages[fmt::format("p{}", i)][std::to_string(v)] =
                    below(engine, 20) == 0
                        ? std::vector<std::string>{"broken"}
                        : random_requirements(engine, 3, packages + (below(engine, 8) == 0),
                                              versions);
            }
        }
    }
    universe.root = random_requirements(engine, 3, packages, versions);
    universe.root.push_back(random_requirement(engine, packages, versions));
    return universe;
}

struct Parsed {
    std::string name;
    pep::VersionSet versions;
};

std::vector<Parsed> parse(const std::vector<std::string>& requirements) {
    std::vector<Parsed> parsed;
    for (const std::string& text : requirements) {
        const auto requirement = pep::Requirement::parse(text).value();
        parsed.push_back({requirement.name, requirement.specifiers.versions()});
    }
    return parsed;
}

// Looks at every requirement in turn, and at every version that it leaves open.
class BruteForce {
  public:
    explicit BruteForce(const Universe& universe) : m_universe(universe) {}

    bool is_satisfiable() { return search({}, parse(m_universe.root)); }

    // Every requirement is met, and every selected package is needed by another.
    bool is_valid(const Selection& selection) const {
        std::set<std::string> needed;
        std::vector<Parsed> open = parse(m_universe.root);
        while (!open.empty()) {
            const Parsed one = open.back();
            open.pop_back();
            const auto found = selection.find(one.name);
            if (found == selection.end() ||
                !one.versions.contains(pep::Version::parse(found->second).value())) {
                return false;
            }
            if (needed.insert(one.name).second) {
                const auto& requirements = m_universe.packages.at(one.name).at(found->second);
                if (requirements == std::vector<std::string>{"broken"}) {
                    return false;
                }
                std::ranges::copy(parse(requirements), std::back_inserter(open));
            }
        }
        return needed.size() == selection.size();
    }

  private:
    bool search(Selection selection, std::vector<Parsed> open) {
        while (!open.empty()) {
            const Parsed one = open.back();
            open.pop_back();
            if (const auto found = selection.find(one.name); found != selection.end()) {
                if (!one.versions.contains(pep::Version::parse(found->second).value())) {
                    return false;
                }
                continue;
            }
            const auto package = m_universe.packages.find(one.name);
            if (package == m_universe.packages.end()) {
                return false;
            }
            for (const auto& [version, requirements] : package->second) {
                if (requirements == std::vector<std::string>{"broken"} ||
                    !one.versions.contains(pep::Version::parse(version).value())) {
                    continue;
                }
                Selection with = selection;
                with[one.name] = version;
                std::vector<Parsed> more = open;
                std::ranges::copy(parse(requirements), std::back_inserter(more));
                if (search(std::move(with), std::move(more))) {
                    return true;
                }
            }
            return false;
        }
        return true;
    }

    const Universe& m_universe;
};

} // namespace

TEST_CASE("the solver agrees with exhaustive search on random universes") {
    int satisfiable = 0;
    int wrong = 0;
    constexpr int universes = 3000;
    for (unsigned seed = 1; seed <= universes; ++seed) {
        const Universe universe = random_universe(seed);
        BruteForce brute(universe);
        const Answer answer = solve(universe);
        const bool expected = brute.is_satisfiable();
        satisfiable += expected ? 1 : 0;
        const bool right = answer.selection ? expected && brute.is_valid(*answer.selection)
                                            : !expected && !answer.sentences.empty();
        if (!right) {
            ++wrong;
            INFO("seed " << seed);
            CHECK(right);
        }
    }
    CHECK(wrong == 0);
    // The generator must not have become one-sided.
    CHECK(satisfiable > universes / 5);
    CHECK(satisfiable < universes * 4 / 5);
    fmt::print("random universes: {}, satisfiable: {}, wrong: {}\n", universes, satisfiable, wrong);
}

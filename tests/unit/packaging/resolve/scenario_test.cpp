// SPDX-License-Identifier: MIT
// All packse scenarios through the resolver, with the results that index.json computed for our
// target by exhaustive search. Explanations of those without a solution are compared with
// explanations.json; PYMODE_UPDATE_GOLDEN=1 writes that file anew.
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/resolve/resolve.hpp"
#include "core/pep/name.hpp"
#include "tests/unit/packaging/resolve/memory_source.hpp"
#include "tests/unit/packaging/resolve/request.hpp"
#include "tests/unit/packaging/resolve/scenario.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

using Json = nlohmann::ordered_json;
using Selection = std::map<std::string, std::string>;

constexpr std::uint64_t max_file = 4 << 20;

struct Expectation {
    bool satisfiable = false;
    std::optional<Selection> exactly;
    std::string python;
};

struct Count {
    int run = 0;
    int passed = 0;
};

MemorySource source_of(const Scenario& scenario) {
    MemorySource source;
    for (const std::string& project : scenario.projects) {
        source.page_of(project);
    }
    for (const ScenarioFile& file : scenario.files) {
        DistFile published;
        published.filename = file.filename;
        published.url = "https://index.example/" + file.filename;
        published.requires_python = file.requires_python;
        if (file.yanked) {
            published.yanked = "";
        }
        source.add(file.project, std::move(published), file.metadata);
    }
    return source;
}

Selection selection_of(const Json& packages) {
    Selection selection;
    for (const auto& [name, version] : packages.items()) {
        selection[pep::normalize_name(name)] =
            pep::Version::parse(version.get<std::string>()).value().canonical();
    }
    return selection;
}

// What must come out with which Python; some scenarios are run with two.
std::vector<Expectation> expectations(const Json& row, const Scenario& scenario) {
    const std::string& kind = row.at("class").get_ref<const std::string&>();
    const Json& computed = row.at("wasi_cp313");
    Expectation expected{computed.at("satisfiable"), std::nullopt, "3.13.7"};
    const Json& stated = row.at("stated");
    if (kind == "other-option") {
        // The option is `resolution`. The stated result is for the stated Python, but for one whose
        // marker wants a newer one: there it is what a lock for all Pythons holds.
        const bool newer = row.at("name") == "lowest-fork-min-python";
        return {{true, selection_of(stated.at("packages")), newer ? "3.13.7" : scenario.python}};
    }
    const bool reached_by_priorities = row.at("name") == "wrong-backtracking-basic";
    if (stated.contains("packages") &&
        (reached_by_priorities || (kind == "as-is" && row.at("agrees_with_stated")))) {
        expected.exactly = selection_of(stated.at("packages"));
    } else if (expected.satisfiable && (kind == "old-prerelease-policy" ||
                                        computed.at("solutions") == 1 || kind == "as-is")) {
        expected.exactly = selection_of(computed.at("first_found"));
    }
    std::vector<Expectation> all = {expected};
    if (row.contains("wasi_with_stated_python")) {
        const Json& with = row.at("wasi_with_stated_python");
        Expectation other{with.at("satisfiable"), std::nullopt, with.at("python")};
        if (other.satisfiable) {
            other.exactly = selection_of(with.at("first_found"));
        }
        all.push_back(other);
    }
    return all;
}

// Checks a solution without the resolver: all that is required is there and fits, nothing else is.
class Checker {
  public:
    Checker(const Scenario& scenario, const Resolution& resolution, const Target& target)
        : m_target(target) {
        for (const ResolvedPackage& package : resolution.packages) {
            m_chosen[package.name] = package.version;
            for (const ScenarioFile& file : scenario.files) {
                if (file.filename == package.wheel.filename) {
                    m_metadata[package.name] = pep::parse_core_metadata(file.metadata).value();
                }
            }
        }
    }

    std::string complaint(const std::vector<std::string>& root) {
        std::vector<std::pair<pep::Requirement, std::vector<std::string>>> open;
        for (const std::string& text : root) {
            open.emplace_back(requirement_of(text), std::vector<std::string>{});
        }
        std::set<std::string> reached;
        std::set<std::pair<std::string, std::string>> expanded;
        while (!open.empty()) {
            const auto [requirement, extras] = open.back();
            open.pop_back();
            if (!requirement.applies(m_target.environment, extras)) {
                continue;
            }
            const std::string name = requirement.normalized_name();
            const auto found = m_chosen.find(name);
            if (found == m_chosen.end()) {
                return fmt::format("{} is missing", name);
            }
            if (!requirement.specifiers.versions().contains(found->second)) {
                return fmt::format("{} {} does not fit {}", name, found->second.to_string(),
                                   requirement.to_string());
            }
            reached.insert(name);
            std::vector<std::string> wanted = requirement.normalized_extras();
            wanted.emplace_back();
            for (const std::string& extra : wanted) {
                if (expanded.emplace(name, extra).second) {
                    for (const pep::Requirement& next : m_metadata.at(name).requires_dist) {
                        open.emplace_back(next, std::vector<std::string>{extra});
                    }
                }
            }
        }
        return reached.size() == m_chosen.size() ? "" : "something superfluous was chosen";
    }

  private:
    const Target& m_target;
    std::map<std::string, pep::Version> m_chosen;
    std::map<std::string, pep::CoreMetadata> m_metadata;
};

std::string run_one(const Scenario& scenario, const Expectation& expected,
                    std::vector<std::string>& explanation) {
    MemorySource source = source_of(scenario);
    ResolveRequest request = request_for(scenario.requires_dist, expected.python);
    if (scenario.prereleases) {
        request.prereleases = pep::PrereleasePolicy::allow;
    }
    if (!scenario.resolution.empty()) {
        request.mode = scenario.resolution == "lowest" ? ResolutionMode::lowest
                                                       : ResolutionMode::lowest_direct;
    }
    const auto resolution = resolve(request, source, CancelToken{});
    if (!resolution) {
        explanation.push_back(resolution.error().message);
        for (const std::string& note : resolution.error().notes) {
            explanation.push_back(note);
        }
        for (const std::string_view hint : split_lines(resolution.error().hint)) {
            explanation.push_back(fmt::format("hint: {}", hint));
        }
        return expected.satisfiable ? "no solution: " + resolution.error().message : "";
    }
    if (!expected.satisfiable) {
        return "should have no solution, and is " + summary(*resolution);
    }
    Selection chosen;
    for (const ResolvedPackage& package : resolution->packages) {
        chosen[package.name] = package.version.canonical();
    }
    if (expected.exactly && chosen != *expected.exactly) {
        return fmt::format("is {}, should be {}", chosen, *expected.exactly);
    }
    return Checker(scenario, *resolution, request.target).complaint(scenario.requires_dist);
}

} // namespace

TEST_CASE("packse scenarios") {
    const fs::path folder = packse_folder();
    const auto text = read_text_file(folder / "index.json", max_file);
    if (!text) {
        WARN("SKIPPED: no scenarios in " << folder << " (PYMODE_SHARED names another folder)");
        return;
    }
    const Json index = Json::parse(*text);
    const fs::path golden_file = fs::path(PYMODE_TEST_DATA) / "explanations.json";
    const Json golden = Json::parse(read_text_file(golden_file, max_file).value_or("{}"));
    Json explanations = Json::object();
    std::map<std::string, Count> counts;
    for (const Json& row : index.at("scenarios")) {
        const std::string file = row.at("file");
        INFO(file);
        const auto features = row.at("features").get<std::set<std::string>>();
        if (features.contains("no-binary")) {
            ++counts["not run: --no-binary, sources are never built"].run;
            continue;
        }
        const auto scenario = parse_scenario(file, read_text_file(folder / file, max_file).value());
        REQUIRE(scenario);
        for (const Expectation& expected : expectations(row, *scenario)) {
            Count& count = counts[row.at("class")];
            ++count.run;
            std::vector<std::string> explanation;
            const std::string complaint = run_one(*scenario, expected, explanation);
            INFO("Python " << expected.python);
            CHECK(complaint == "");
            count.passed += complaint.empty() ? 1 : 0;
            if (!expected.satisfiable) {
                const std::string key = expected.python == "3.13.7"
                                            ? file
                                            : fmt::format("{} on {}", file, expected.python);
                explanations[key] = explanation;
                CHECK(golden.value(key, Json::array()) == Json(explanation));
            }
        }
    }
    if (std::getenv("PYMODE_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(golden_file) << explanations.dump(1) << "\n";
    }
    fmt::print("{:<48}{:>8}{:>8}\n", "packse scenarios", "runs", "passed");
    Count all;
    for (const auto& [kind, count] : counts) {
        fmt::print("{:<48}{:>8}{:>8}\n", kind, count.run, count.passed);
        all.run += count.run;
        all.passed += count.passed;
    }
    fmt::print("{:<48}{:>8}{:>8}\n", "all", all.run, all.passed);
}

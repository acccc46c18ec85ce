// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/fallback.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/packaging/resolve/solver.hpp"
#include "core/packaging/resolve/wording.hpp"

namespace pymode::resolving {

namespace {

// What an ordinary computer would have chosen.
struct Ideal {
    struct Package {
        std::uint32_t number = 0;
        std::vector<const pep::Requirement*> requirements;
    };
    std::map<std::string, Package> packages;
};

Ideal make_ideal(Graph& graph, const std::vector<pubgrub::Selected>& selected) {
    Ideal ideal;
    for (const pubgrub::Selected& one : selected) {
        const Graph::Node& node = graph.node(one.package);
        if (node.kind != Graph::Kind::project && node.kind != Graph::Kind::extra) {
            continue;
        }
        Ideal::Package& package = ideal.packages[node.name];
        package.number = one.choice.number;
        const Candidate& candidate = graph.list(one.package)->candidates[one.choice.number];
        std::ranges::copy(graph.requirements(candidate, node.detail),
                          std::back_inserter(package.requirements));
    }
    return ideal;
}

class Check {
  public:
    Check(Catalog& catalog, const Policy& policy, Ideal ideal)
        : m_catalog(catalog), m_policy(policy), m_ideal(std::move(ideal)) {
        find_blocked();
    }

    FallbackReport run(const Graph& graph, const std::vector<pubgrub::Selected>& selected) {
        for (const pubgrub::Selected& one : selected) {
            const Graph::Node& node = graph.node(one.package);
            if (node.kind == Graph::Kind::project) {
                compare(node.name, one.choice.number);
            }
        }
        if (!m_fallen.empty()) {
            m_report.error = make_error();
        }
        return std::move(m_report);
    }

  private:
    struct Fallen {
        std::string name;
        std::uint32_t from = 0;
        std::uint32_t to = 0;
        std::size_t passed_over = 0;
    };

    CandidateList& list(const std::string& name) { return **m_catalog.candidates(name); }
    std::string version(const std::string& name, std::uint32_t number) {
        return list(name).candidates[number].version.to_string();
    }

    // Package → where the way to the one without a wheel goes on; itself for that one.
    void find_blocked() {
        for (const auto& [name, package] : m_ideal.packages) {
            if (is_missing_wheel(list(name).candidates[package.number].obstacle)) {
                m_way.emplace(name, name);
            }
        }
        for (bool more = true; more;) {
            more = false;
            std::map<std::string, std::string> found;
            for (const auto& [name, package] : m_ideal.packages) {
                for (const pep::Requirement* requirement : package.requirements) {
                    const std::string other = requirement->normalized_name();
                    if (!m_way.contains(name) && m_way.contains(other)) {
                        found.emplace(name, other);
                    }
                }
            }
            more = !found.empty();
            m_way.merge(found);
        }
    }

    bool wants_lowest(const std::string& name) const {
        const UserWord* word = m_policy.word(name);
        return m_policy.request->mode == ResolutionMode::lowest ||
               (m_policy.request->mode == ResolutionMode::lowest_direct && word != nullptr &&
                word->required);
    }

    void compare(const std::string& name, std::uint32_t number) {
        const auto ideal = m_ideal.packages.find(name);
        if (ideal == m_ideal.packages.end() || ideal->second.number <= number ||
            !m_way.contains(name) || wants_lowest(name)) {
            return;
        }
        CandidateList& known = list(name);
        const Candidate& chosen = m_catalog.assessed(known, number);
        const Candidate& wanted = known.candidates[ideal->second.number];
        Fallen fallen{name, ideal->second.number, number, 0};
        for (std::uint32_t i = number + 1; i <= ideal->second.number; ++i) {
            const Candidate& one = m_catalog.assessed(known, i);
            fallen.passed_over += !one.version.is_prerelease() && (one.obstacle == Obstacle::none ||
                                                                   is_missing_wheel(one.obstacle));
        }
        const bool far = fallen.passed_over > max_passed_over ||
                         wanted.version.epoch != chosen.version.epoch ||
                         wanted.version.release[0] != chosen.version.release[0];
        if (!chosen.wheel_is_pure) {
            return; // somebody built it for this runtime: the best there is
        }
        const UserWord* word = m_policy.word(name);
        if (far && !(word != nullptr && word->bounded)) {
            m_fallen.push_back(std::move(fallen));
        } else {
            m_report.warnings.push_back(fmt::format("`{}` {} is used although {} exists: {}", name,
                                                    chosen.version.to_string(),
                                                    wanted.version.to_string(), reason(name)));
        }
    }

    const std::string& blocker(const std::string& name) const {
        const std::string* at = &name;
        while (m_way.at(*at) != *at) {
            at = &m_way.at(*at);
        }
        return *at;
    }

    // "`b` 2.0 has only wheels for Linux"
    std::string reason(const std::string& name) {
        const std::string& what = blocker(name);
        const Candidate& candidate = list(what).candidates[m_ideal.packages.at(what).number];
        return fmt::format(
            "`{}` {} {}", what, candidate.version.to_string(),
            predicate(candidate.obstacle, candidate.detail, candidate.families, false));
    }

    std::string link(const std::string& from, const std::string& to) {
        const Ideal::Package& package = m_ideal.packages.at(from);
        const auto requirement =
            std::ranges::find_if(package.requirements, [&](const pep::Requirement* one) {
                return one->normalized_name() == to;
            });
        return fmt::format("`{}` {} needs `{}{}`", from, version(from, package.number), to,
                           (*requirement)->specifiers.to_string());
    }

    // How the project comes to need `name`: names from one that it requires itself, to `name`.
    std::vector<std::string> way_to(const std::string& name) const {
        std::map<std::string, std::string> needed_by = {{name, ""}};
        std::vector<std::string> open = {name};
        for (std::size_t i = 0; i < open.size(); ++i) {
            const std::string at = open[i];
            const UserWord* word = m_policy.word(at);
            if (word != nullptr && word->required) {
                std::vector<std::string> way;
                for (std::string step = at; !step.empty(); step = needed_by.at(step)) {
                    way.push_back(step);
                }
                return way;
            }
            for (const auto& [other, package] : m_ideal.packages) {
                const bool needs = std::ranges::any_of(
                    package.requirements, [&](const pep::Requirement* requirement) {
                        return requirement->normalized_name() == at;
                    });
                if (needs && needed_by.try_emplace(other, at).second) {
                    open.push_back(other);
                }
            }
        }
        return {name};
    }

    // "your project needs `fastapi`, `fastapi` 0.121 needs `pydantic>=2` and `pydantic` 2.12 needs
    // `pydantic-core==2.41.5`"
    std::string chain(const std::string& name) {
        const std::vector<std::string> way = way_to(name);
        std::vector<std::string> links = {
            fmt::format("{} needs `{}`", m_policy.project(), way.front())};
        for (std::size_t i = 0; i + 1 < way.size(); ++i) {
            links.push_back(link(way[i], way[i + 1]));
        }
        for (std::string at = name; m_way.at(at) != at; at = m_way.at(at)) {
            links.push_back(link(at, m_way.at(at)));
        }
        std::string text = enumerate(links);
        text.front() = text.front() == 'y' ? 'Y' : text.front(); // "your project"
        return text;
    }

    // How the user says that the old version is welcome.
    std::string acceptance(const Fallen& fallen) {
        const pep::Version& old = list(fallen.name).candidates[fallen.to].version;
        const pep::Version& wanted = list(fallen.name).candidates[fallen.from].version;
        if (old.epoch == wanted.epoch && old.epoch.is_zero() &&
            old.release[0] != wanted.release[0]) {
            return fmt::format("`{}<{}`", fallen.name, old.release[0].next().to_string());
        }
        return fmt::format("`{}<={}`", fallen.name, old.public_version().to_string());
    }

    // Those that nothing else that fell needs: the others follow from them.
    std::vector<std::string> acceptances() {
        std::vector<std::string> texts;
        for (const Fallen& fallen : m_fallen) {
            const std::string& next = m_way.at(fallen.name);
            const bool follows =
                next != fallen.name && std::ranges::any_of(m_fallen, [&](const Fallen& other) {
                    return other.name == next;
                });
            if (!follows) {
                texts.push_back(acceptance(fallen));
            }
        }
        return texts;
    }

    Error make_error() {
        std::vector<std::string> names;
        std::vector<std::string> blockers;
        std::vector<std::string> notes;
        bool compiled = false;
        bool source_only = false;
        const auto add = [](std::vector<std::string>& to, const std::string& text) {
            if (std::ranges::find(to, text) == to.end()) {
                to.push_back(text);
            }
        };
        for (const Fallen& fallen : m_fallen) {
            names.push_back(fmt::format("`{}`", fallen.name));
            const std::string& at = blocker(fallen.name);
            const bool sdist = list(at).candidates[m_ideal.packages.at(at).number].obstacle ==
                               Obstacle::only_sdist;
            (sdist ? source_only : compiled) = true;
            add(blockers, blocker(fallen.name) == fallen.name
                              ? fmt::format("newer versions of `{}`", fallen.name)
                              : fmt::format("`{}`", blocker(fallen.name)));
            add(notes, chain(fallen.name) + ".");
            add(notes, reason(fallen.name) + ".");
            add(notes,
                fmt::format("Without it `{}` falls back from {} to {}, {} {} older.", fallen.name,
                            version(fallen.name, fallen.from), version(fallen.name, fallen.to),
                            fallen.passed_over, fallen.passed_over == 1 ? "release" : "releases"));
        }
        Error error;
        error.code = ErrorCode::config;
        error.message =
            fmt::format("only old versions of {} can run here: {} {} no wheel for this runtime",
                        enumerate(names), enumerate(blockers),
                        blockers.size() == 1 && blockers[0].front() == '`' ? "has" : "have");
        error.notes = std::move(notes);
        error.hint = fmt::format("if the old versions will do, say so in your own requirements: {}",
                                 enumerate(acceptances()));
        if (compiled) {
            error.hint += "\na package with compiled parts needs a wheel that was built for this "
                          "runtime: `pymode recipe list` shows those that there are, `pymode "
                          "recipe build` makes one";
        }
        if (source_only) {
            error.hint += "\nnothing is built while installing: build a wheel of the source "
                          "distribution and name its file, or offer it with `--find-links`";
        }
        return error;
    }

    Catalog& m_catalog;
    const Policy& m_policy;
    Ideal m_ideal;
    std::map<std::string, std::string> m_way;
    std::vector<Fallen> m_fallen;
    FallbackReport m_report;
};

} // namespace

Expected<FallbackReport> check_fallbacks(Catalog& catalog, const Policy& policy,
                                         const CancelToken& cancel, const Graph& graph,
                                         const std::vector<pubgrub::Selected>& selected) {
    Graph ordinary(catalog, policy, cancel, Wheels::any);
    pubgrub::Solver solver(ordinary);
    const auto outcome = solver.run();
    FallbackReport report;
    if (!outcome) {
        if (outcome.error().code == ErrorCode::cancelled) {
            return propagate(outcome);
        }
        report.warnings.push_back(
            fmt::format("it could not be checked whether newer versions were passed over for lack "
                        "of a wheel: {}",
                        outcome.error().message));
        return report;
    }
    const auto* ideal = std::get_if<std::vector<pubgrub::Selected>>(&*outcome);
    if (ideal == nullptr) {
        return report;
    }
    return Check(catalog, policy, make_ideal(ordinary, *ideal)).run(graph, selected);
}

} // namespace pymode::resolving

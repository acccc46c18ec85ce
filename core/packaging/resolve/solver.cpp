// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/solver.hpp"

#include <algorithm>
#include <utility>

namespace pymode::pubgrub {

namespace {

pep::Version root_version() {
    pep::Version version;
    version.release.emplace_back();
    return version;
}

// Whether only one version, with its local variants, is left by what the requirements say.
bool is_pin(const pep::VersionSet& set) {
    if (set.ranges().size() != 1) {
        return false;
    }
    const pep::VersionRange& range = set.ranges()[0];
    const pep::Version* first = range.begin.version();
    if (first == nullptr || range.end.version() == nullptr || !range.begin.is_before()) {
        return false;
    }
    return first->local.empty() ? range.end == pep::Cut::after_locals(*first)
                                : range.end == pep::Cut::after(*first);
}

} // namespace

Solver::PackageInfo& Solver::info(PackageId package) {
    while (package >= m_info.size()) {
        PackageInfo made;
        made.traits = m_provider.traits(static_cast<PackageId>(m_info.size()));
        m_info.push_back(std::move(made));
    }
    return m_info[package];
}

void Solver::learn(const std::vector<Incompatibility>& external) {
    for (const Incompatibility& one : external) {
        switch (one.cause.kind) {
        case CauseKind::dependency:
            m_store.add_dependency(one.cause.package, one.term_of(one.cause.package)->set,
                                   one.cause.dependency, one.cause.wanted);
            break;
        case CauseKind::unavailable:
            m_store.add_single(one.cause.package, one.terms[0].term.set, one.cause.kind);
            break;
        case CauseKind::root:       // `run` adds it
        case CauseKind::constraint: // likewise, with the package
        case CauseKind::derived:
            break;
        }
    }
}

Expected<Solver::Outcome> Solver::run() {
    m_store.add_root(pep::VersionSet::exactly(root_version()));
    std::vector<PackageId> changed = {root_package};
    for (;;) {
        if (m_provider.cancelled()) {
            return fail(ErrorCode::cancelled, "cancelled");
        }
        if (const auto failure = propagate(std::move(changed))) {
            return Outcome{*failure};
        }
        changed = reorder();
        if (!changed.empty()) {
            continue;
        }
        announce_pending();
        const std::optional<PackageId> next = next_package();
        if (!next) {
            break;
        }
        auto touched = try_version(*next);
        if (!touched) {
            return pymode::propagate(std::move(touched));
        }
        changed = *std::move(touched);
    }
    std::vector<Selected> selected;
    for (PackageId package = 0; package < m_solution.size(); ++package) {
        if (const Choice* choice = m_solution.decision(package); choice != nullptr) {
            selected.push_back({package, *choice});
        }
    }
    return Outcome{std::move(selected)};
}

// Packages whose requirements are known are made known to the provider at once, so that it can ask
// for them side by side.
void Solver::announce_pending() {
    for (PackageId package = 0; package < m_solution.size(); ++package) {
        if (package == root_package || !m_solution.is_pending(package) || info(package).announced) {
            continue;
        }
        info(package).announced = true;
        m_provider.announce(package, m_solution.term(package)->set);
    }
}

std::pair<int, PackageId> Solver::rank(PackageId package) const {
    if (package == root_package) {
        return {0, package};
    }
    const PackageInfo& known = m_info[package];
    if (known.traits.base) {
        // Right after its base, or as the last resort.
        return {m_solution.decision(*known.traits.base) != nullptr ? 1 : 7, package};
    }
    if (known.traits.direct) {
        return {2, package};
    }
    if (is_pin(m_solution.term(package)->set)) {
        return {3, package};
    }
    switch (known.standing) {
    case Standing::early:
        return {4, package};
    case Standing::late:
        return {5, package};
    case Standing::ordinary:
        break;
    }
    return {6, package};
}

std::optional<PackageId> Solver::next_package() const {
    std::optional<std::pair<int, PackageId>> best;
    for (PackageId package = 0; package < m_solution.size(); ++package) {
        if (m_solution.is_pending(package)) {
            const auto found = rank(package);
            if (!best || found < *best) {
                best = found;
            }
        }
    }
    return best ? std::optional(best->second) : std::nullopt;
}

std::optional<Solver::Failure> Solver::propagate(std::vector<PackageId> changed) {
    while (!changed.empty()) {
        const PackageId package = changed.back();
        changed.pop_back();
        // A copy: concluding adds to the store. The newest come first, they say the most.
        const auto mentioning = m_store.mentioning(package);
        const std::vector<IncompatibilityId> ids(mentioning.rbegin(), mentioning.rend());
        m_contradicted_at.resize(std::max(m_contradicted_at.size(), m_store.size()));
        for (const IncompatibilityId id : ids) {
            if (m_store[id].superseded || m_contradicted_at[id]) {
                continue;
            }
            const PartialSolution::Relation relation = m_solution.relation(m_store[id]);
            if (relation.state == PartialSolution::State::contradicted) {
                m_contradicted_at[id] = m_solution.level();
            } else if (relation.state == PartialSolution::State::one_missing) {
                conclude(relation.missing, id);
                if (std::ranges::find(changed, relation.missing) == changed.end()) {
                    changed.push_back(relation.missing);
                }
                m_contradicted_at[id] = m_solution.level();
            } else if (relation.state == PartialSolution::State::holds) {
                const auto resolved = resolve_conflict(id);
                if (const auto* failure = std::get_if<Failure>(&resolved)) {
                    return *failure;
                }
                const auto learned = std::get<IncompatibilityId>(resolved);
                m_contradicted_at.resize(std::max(m_contradicted_at.size(), m_store.size()));
                const PackageId missing = m_solution.relation(m_store[learned]).missing;
                conclude(missing, learned);
                m_contradicted_at[learned] = m_solution.level();
                if (m_store[learned].terms.size() == 2) {
                    const auto& terms = m_store[learned].terms;
                    record_rejection(missing, terms[terms[0].package == missing ? 1 : 0].package);
                }
                changed = {missing};
                break;
            }
        }
    }
    return std::nullopt;
}

void Solver::conclude(PackageId package, IncompatibilityId id) {
    if (!info(package).constrained) {
        info(package).constrained = true;
        if (const auto forbidden = m_provider.forbidden(package)) {
            m_store.add_single(package, *forbidden, CauseKind::constraint);
        }
    }
    m_solution.derive(package, negate(*m_store[id].term_of(package)), id);
}

std::variant<Solver::Failure, IncompatibilityId> Solver::resolve_conflict(IncompatibilityId id) {
    ++m_statistics.conflicts;
    bool learned = false;
    for (;;) {
        const std::vector<PackageTerm>& terms = m_store[id].terms;
        if (terms.empty() || (terms.size() == 1 && terms[0].package == root_package)) {
            return Failure{id};
        }
        const PartialSolution::Satisfier found = m_solution.satisfier(m_store[id]);
        if (!found.cause || found.previous_level < found.level) {
            backtrack(found.previous_level);
            if (learned) {
                m_store.index(id);
            }
            return id;
        }
        id = m_store.derive(id, *found.cause, found.package);
        learned = true;
    }
}

void Solver::backtrack(PartialSolution::Level level) {
    m_solution.backtrack(level);
    for (std::optional<PartialSolution::Level>& at : m_contradicted_at) {
        if (at && *at > level) {
            at.reset();
        }
    }
}

Expected<std::vector<PackageId>> Solver::try_version(PackageId package) {
    if (package == root_package) {
        const Choice root{0, root_version(), pep::VersionSet::all()};
        auto dependencies = m_provider.dependencies(package, root);
        if (!dependencies) {
            return pymode::propagate(std::move(dependencies));
        }
        for (const Dependency& one : std::get<std::vector<Dependency>>(*dependencies)) {
            m_store.add_dependency(package, pep::VersionSet::exactly(root.version), one.package,
                                   one.versions);
        }
        m_solution.decide(package, root);
        return std::vector{package};
    }
    const pep::VersionSet versions = m_solution.term(package)->set;
    const auto& base = info(package).traits.base;
    auto choice = m_provider.choose(package, versions, base ? m_solution.decision(*base) : nullptr);
    if (!choice) {
        return pymode::propagate(std::move(choice));
    }
    if (!*choice) {
        m_store.add_single(package, versions, CauseKind::unavailable);
        return std::vector{package};
    }
    ++m_statistics.decisions;
    const Choice& chosen = **choice;
    if (!info(package).expanded.contains(chosen.number)) {
        auto dependencies = m_provider.dependencies(package, chosen);
        if (!dependencies) {
            return pymode::propagate(std::move(dependencies));
        }
        if (std::holds_alternative<Unusable>(*dependencies)) {
            m_store.add_single(package, chosen.cell, CauseKind::unavailable);
            return std::vector{package};
        }
        info(package).expanded.insert(chosen.number);
        if (add_dependencies(package, chosen, std::get<std::vector<Dependency>>(*dependencies))) {
            return std::vector{package};
        }
    }
    m_solution.decide(package, chosen);
    return std::vector{package};
}

bool Solver::add_dependencies(PackageId package, const Choice& choice,
                              const std::vector<Dependency>& dependencies) {
    bool contradicted = false;
    for (const Dependency& one : dependencies) {
        if (one.package == package && one.versions.contains(choice.version)) {
            continue; // needs itself
        }
        m_store.add_dependency(package, choice.cell, one.package, one.versions);
        const Term* known = m_solution.term(one.package);
        if (one.package == package || one.versions.is_empty()) {
            contradicted = true;
        } else if (known != nullptr && excludes(*known, Term{one.versions, true})) {
            contradicted = true;
            record_rejection(package, one.package);
        }
    }
    return contradicted;
}

// Counts packages whose versions are thrown away again and again because of one that was decided
// before them: trying older and older versions of the former is rarely what anybody wants.
void Solver::record_rejection(PackageId rejected, PackageId by) {
    if (rejected == root_package || by == root_package) {
        return;
    }
    // A shadow has no decision of its own that could be made at another time.
    rejected = info(rejected).traits.base.value_or(rejected);
    by = info(by).traits.base.value_or(by);
    if (rejected == by) {
        return;
    }
    if (++info(rejected).rejections == conflict_threshold) {
        promote(rejected);
    }
    if (m_solution.decision(by) == nullptr || ++info(by).culprit != conflict_threshold) {
        return;
    }
    // Never from early to late: two packages would change places for ever.
    if (info(by).standing == Standing::ordinary) {
        info(by).standing = Standing::late;
        m_reordered.push_back(by);
    }
}

// With it the packages through which it came: it is not known before they are decided.
void Solver::promote(PackageId package) {
    while (package != root_package && info(package).standing != Standing::early) {
        info(package).standing = Standing::early;
        if (m_solution.term(package) == nullptr) {
            return;
        }
        const auto& history = m_solution.history(package);
        const auto needed =
            std::ranges::find_if(history, [](const auto& one) { return one.together.positive; });
        if (needed == history.end() || !needed->cause) {
            return;
        }
        const Cause& cause = m_store[*needed->cause].cause;
        if (cause.kind != CauseKind::dependency) {
            return;
        }
        package = info(cause.package).traits.base.value_or(cause.package);
    }
}

std::vector<PackageId> Solver::reorder() {
    std::optional<PartialSolution::Level> back_to;
    for (const PackageId package : m_reordered) {
        if (const auto level = m_solution.decision_level(package); level && *level > 1) {
            back_to = std::min(back_to.value_or(*level - 1), *level - 1);
        }
    }
    m_reordered.clear();
    if (!back_to) {
        return {};
    }
    ++m_statistics.reorderings;
    backtrack(*back_to);
    // What was learned since may allow conclusions about any of them.
    std::vector<PackageId> all;
    for (PackageId package = 0; package < m_solution.size(); ++package) {
        if (m_solution.term(package) != nullptr) {
            all.push_back(package);
        }
    }
    return all;
}

} // namespace pymode::pubgrub

// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/partial_solution.hpp"

#include <algorithm>
#include <utility>

namespace pymode::pubgrub {

void PartialSolution::append(PackageId package, Assignment assignment) {
    if (package >= m_packages.size()) {
        m_packages.resize(package + 1);
    }
    assignment.order = static_cast<std::uint32_t>(m_trail.size());
    assignment.level = m_level;
    std::vector<Assignment>& history = m_packages[package].history;
    assignment.together =
        history.empty() ? assignment.own : intersect(history.back().together, assignment.own);
    history.push_back(std::move(assignment));
    m_trail.push_back(package);
}

void PartialSolution::decide(PackageId package, const Choice& choice) {
    ++m_level;
    Assignment assignment;
    assignment.own = Term{pep::VersionSet::exactly(choice.version), true};
    append(package, std::move(assignment));
    m_packages[package].decision = choice;
}

void PartialSolution::derive(PackageId package, Term term, IncompatibilityId cause) {
    Assignment assignment;
    assignment.own = std::move(term);
    assignment.cause = cause;
    append(package, std::move(assignment));
}

void PartialSolution::backtrack(Level level) {
    while (!m_trail.empty()) {
        PackageState& state = m_packages[m_trail.back()];
        if (state.history.back().level <= level) {
            break;
        }
        if (!state.history.back().cause) {
            state.decision.reset();
        }
        state.history.pop_back();
        m_trail.pop_back();
    }
    m_level = level;
}

const Term* PartialSolution::term(PackageId package) const {
    if (package >= m_packages.size() || m_packages[package].history.empty()) {
        return nullptr;
    }
    return &m_packages[package].history.back().together;
}

const Choice* PartialSolution::decision(PackageId package) const {
    if (package >= m_packages.size() || !m_packages[package].decision) {
        return nullptr;
    }
    return &*m_packages[package].decision;
}

std::optional<PartialSolution::Level> PartialSolution::decision_level(PackageId package) const {
    if (decision(package) == nullptr) {
        return std::nullopt;
    }
    // Nothing is concluded of a package behind its decision: all that mentions it holds or not.
    const auto& history = m_packages[package].history;
    const auto made =
        std::ranges::find_if(history, [](const Assignment& one) { return !one.cause.has_value(); });
    return made->level;
}

bool PartialSolution::is_pending(PackageId package) const {
    const Term* known = term(package);
    return known != nullptr && known->positive && !m_packages[package].decision;
}

PartialSolution::Relation PartialSolution::relation(const Incompatibility& incompatibility) const {
    Relation result{State::holds, 0};
    for (const PackageTerm& part : incompatibility.terms) {
        const Term* known = term(part.package);
        if (known != nullptr && implies(*known, part.term)) {
            continue;
        }
        if (known != nullptr && excludes(*known, part.term)) {
            return {State::contradicted, part.package};
        }
        // Goes on after the second: a later term may be contradicted.
        result = result.state == State::holds ? Relation{State::one_missing, part.package}
                                              : Relation{State::open, 0};
    }
    return result;
}

const PartialSolution::Assignment& PartialSolution::first_implying(PackageId package,
                                                                   const Term& term) const {
    const std::vector<Assignment>& history = m_packages[package].history;
    return *std::ranges::partition_point(
        history, [&](const Assignment& one) { return !implies(one.together, term); });
}

PartialSolution::Satisfier
PartialSolution::satisfier(const Incompatibility& incompatibility) const {
    const Assignment* last = nullptr;
    const PackageTerm* of = nullptr;
    // The root's own decision has level 1: nothing is ever taken back behind it.
    Level previous = 1;
    for (const PackageTerm& part : incompatibility.terms) {
        const Assignment& found = first_implying(part.package, part.term);
        if (last == nullptr || found.order > last->order) {
            if (last != nullptr) {
                previous = std::max(previous, last->level);
            }
            last = &found;
            of = &part;
        } else {
            previous = std::max(previous, found.level);
        }
    }
    if (!implies(last->own, of->term)) {
        // It took an earlier assignment of the same package as well.
        const std::vector<Assignment>& history = m_packages[of->package].history;
        const auto other = std::ranges::partition_point(history, [&](const Assignment& one) {
            return !implies(intersect(one.together, last->own), of->term);
        });
        previous = std::max(previous, other->level);
    }
    return {of->package, last->cause, last->level, previous};
}

} // namespace pymode::pubgrub

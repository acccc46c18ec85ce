// SPDX-License-Identifier: MIT
// What the solver has decided and concluded so far, in order, so that it can be taken back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/packaging/resolve/incompatibility.hpp"

namespace pymode::pubgrub {

// What a decision picks: the number is the driver's, `version` is what terms are about.
struct Choice {
    std::uint32_t number = 0;
    pep::Version version;
    // Holds `version` and no other version that exists. What is true of the version is stated of
    // the whole of it, so that neighbours join to one interval.
    pep::VersionSet cell;
};

class PartialSolution {
  public:
    using Level = std::uint32_t;

    // One assignment. `own` is what it said, `together` all of the package up to and with it.
    struct Assignment {
        std::uint32_t order = 0;
        Level level = 0;
        std::optional<IncompatibilityId> cause; // none: a decision
        Term own;
        Term together;
    };

    // Of an incompatibility: which assignment made it hold, and to which level one can go back
    // with all its other terms still holding.
    struct Satisfier {
        PackageId package = 0;
        std::optional<IncompatibilityId> cause;
        Level level = 0;
        Level previous_level = 0;
    };

    enum class State { holds, contradicted, one_missing, open };
    struct Relation {
        State state = State::open;
        PackageId missing = 0; // for one_missing
    };

    [[nodiscard]] Level level() const { return m_level; }
    // Packages that anything was said of have lower numbers.
    [[nodiscard]] std::size_t size() const { return m_packages.size(); }

    void decide(PackageId package, const Choice& choice);
    void derive(PackageId package, Term term, IncompatibilityId cause);
    void backtrack(Level level);

    // Nothing when nothing was said of it.
    [[nodiscard]] const Term* term(PackageId package) const;
    [[nodiscard]] const Choice* decision(PackageId package) const;
    [[nodiscard]] std::optional<Level> decision_level(PackageId package) const;
    [[nodiscard]] const std::vector<Assignment>& history(PackageId package) const {
        return m_packages[package].history;
    }
    // Selected by what is known, but not decided.
    [[nodiscard]] bool is_pending(PackageId package) const;

    [[nodiscard]] Relation relation(const Incompatibility& incompatibility) const;
    // All terms of it hold.
    [[nodiscard]] Satisfier satisfier(const Incompatibility& incompatibility) const;

  private:
    struct PackageState {
        std::vector<Assignment> history;
        std::optional<Choice> decision;
    };

    void append(PackageId package, Assignment assignment);
    [[nodiscard]] const Assignment& first_implying(PackageId package, const Term& term) const;

    std::vector<PackageState> m_packages;
    std::vector<PackageId> m_trail; // the package of each assignment, in order
    Level m_level = 0;
};

} // namespace pymode::pubgrub

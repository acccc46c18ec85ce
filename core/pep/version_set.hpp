// SPDX-License-Identifier: MIT
// Sets of versions, as a resolver needs them: exact, closed under "and", "or" and "not", and equal
// as values when they are equal as sets.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/pep/version.hpp"

namespace pymode::pep {

// A place between two neighbouring versions, or an end of the order. Cuts are canonical: two cuts
// that no version lies between are the same cut, which is why only these kinds are needed:
//   before V       V is the first version above it
//   after V        V is the last version below it; its local versions, if any, lie above
//   after_posts V  above V, its local versions and all its post releases; V is epoch and release
//   only
class Cut {
  public:
    static Cut lowest();
    static Cut highest();
    static Cut before(Version version);
    static Cut after(Version version);
    // Above `version` (without a local part) and all its local versions.
    static Cut after_locals(const Version& version);
    // Above `version` (without post, dev and local parts) and all its post releases.
    static Cut after_posts(const Version& version);

    [[nodiscard]] bool is_lowest() const { return m_kind == Kind::lowest; }
    [[nodiscard]] bool is_highest() const { return m_kind == Kind::highest; }
    [[nodiscard]] bool is_before() const { return m_kind == Kind::before; }
    // The version it stands at, nullptr for the two ends.
    [[nodiscard]] const Version* version() const { return m_version.get(); }
    [[nodiscard]] bool is_below(const Version& version) const;

    friend std::strong_ordering operator<=>(const Cut& a, const Cut& b);
    friend bool operator==(const Cut& a, const Cut& b) { return (a <=> b) == 0; }

  private:
    enum class Kind { lowest, before, after, after_posts, highest };

    Cut(Kind kind, std::shared_ptr<const Version> version)
        : m_kind(kind), m_version(std::move(version)) {}
    [[nodiscard]] Side side() const;

    Kind m_kind;
    // Shared, because a resolver copies cuts all the time.
    std::shared_ptr<const Version> m_version;
};

// All versions between two cuts; never empty, because `begin` < `end`.
struct VersionRange {
    Cut begin;
    Cut end;

    friend bool operator==(const VersionRange&, const VersionRange&) = default;
};

class VersionSet {
  public:
    VersionSet() = default; // empty
    static VersionSet all();
    static VersionSet between(Cut begin, Cut end);
    // `version` alone: without its local versions.
    static VersionSet exactly(const Version& version);

    [[nodiscard]] bool contains(const Version& version) const;
    [[nodiscard]] bool is_empty() const { return m_ranges.empty(); }
    [[nodiscard]] bool is_all() const;
    // False when every version in it is a pre-release or there is none.
    [[nodiscard]] bool has_stable_version() const;
    [[nodiscard]] bool is_subset_of(const VersionSet& other) const;
    [[nodiscard]] bool is_disjoint_from(const VersionSet& other) const;

    [[nodiscard]] VersionSet complement() const;
    [[nodiscard]] VersionSet intersect(const VersionSet& other) const;
    [[nodiscard]] VersionSet unite(const VersionSet& other) const;

    [[nodiscard]] const std::vector<VersionRange>& ranges() const { return m_ranges; }

    // As specifiers, for messages: ">=1.0,!=1.3,<2", parts joined by " or ". "*" is every version,
    // "nothing" is none. A bound that no specifier can express is rounded to the nearest one.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const VersionSet&, const VersionSet&) = default;

  private:
    // Sorted, not empty, with a version between any two.
    std::vector<VersionRange> m_ranges;
};

} // namespace pymode::pep

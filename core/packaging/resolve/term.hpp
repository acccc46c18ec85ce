// SPDX-License-Identifier: MIT
// What the solver says of one package.
#pragma once

#include <cstdint>

#include "core/pep/version_set.hpp"

namespace pymode::pubgrub {

// Whoever drives the solver gives packages their numbers: 0 is the root, and a package that was
// seen earlier has a lower number.
using PackageId = std::uint32_t;
inline constexpr PackageId root_package = 0;

// Positive: one of `set` is selected. Negative: none of `set` is, which also holds while nothing of
// the package is selected at all.
struct Term {
    pep::VersionSet set;
    bool positive = true;

    // The term that always holds.
    static Term anything() { return {pep::VersionSet{}, false}; }
    [[nodiscard]] bool is_anything() const { return !positive && set.is_empty(); }

    friend bool operator==(const Term&, const Term&) = default;
};

[[nodiscard]] Term negate(const Term& term);
[[nodiscard]] Term intersect(const Term& a, const Term& b);
[[nodiscard]] Term unite(const Term& a, const Term& b);

// Whether `a` holding makes `b` hold.
[[nodiscard]] bool implies(const Term& a, const Term& b);
// Whether both can hold at once.
[[nodiscard]] bool excludes(const Term& a, const Term& b);

} // namespace pymode::pubgrub

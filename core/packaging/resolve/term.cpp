// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/term.hpp"

namespace pymode::pubgrub {

Term negate(const Term& term) {
    return {term.set, !term.positive};
}

Term intersect(const Term& a, const Term& b) {
    if (a.positive && b.positive) {
        return {a.set.intersect(b.set), true};
    }
    if (!a.positive && !b.positive) {
        return {a.set.unite(b.set), false};
    }
    const Term& positive = a.positive ? a : b;
    const Term& negative = a.positive ? b : a;
    return {positive.set.intersect(negative.set.complement()), true};
}

Term unite(const Term& a, const Term& b) {
    return negate(intersect(negate(a), negate(b)));
}

bool implies(const Term& a, const Term& b) {
    if (a.positive) {
        return b.positive ? a.set.is_subset_of(b.set) : a.set.is_disjoint_from(b.set);
    }
    return !b.positive && b.set.is_subset_of(a.set);
}

bool excludes(const Term& a, const Term& b) {
    if (a.positive) {
        return b.positive ? a.set.is_disjoint_from(b.set) : a.set.is_subset_of(b.set);
    }
    return b.positive && b.set.is_subset_of(a.set);
}

} // namespace pymode::pubgrub

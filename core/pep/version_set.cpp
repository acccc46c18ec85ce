// SPDX-License-Identifier: MIT
#include "core/pep/version_set.hpp"

#include <algorithm>

namespace pymode::pep {

namespace {

// The lowest version above `version`, which is a pre-release, that is none.
Version first_stable_above(const Version& version) {
    Version stable = version.base_version();
    if (!version.pre) {
        stable.post = version.post;
    }
    return stable;
}

bool has_stable(const VersionRange& range) {
    const Version* first = range.begin.version();
    if (first != nullptr && !first->is_prerelease()) {
        // Either the version itself is inside, or infinitely many that follow it closely are:
        // local versions of it, or releases like 1.0.0.1.
        return true;
    }
    Version stable;
    if (first == nullptr) {
        stable.release.emplace_back(); // 0
    } else {
        stable = first_stable_above(*first);
    }
    return !range.end.is_below(stable);
}

} // namespace

VersionSet VersionSet::all() {
    return between(Cut::lowest(), Cut::highest());
}

VersionSet VersionSet::between(Cut begin, Cut end) {
    VersionSet set;
    if (begin < end) {
        set.m_ranges.push_back({std::move(begin), std::move(end)});
    }
    return set;
}

VersionSet VersionSet::exactly(const Version& version) {
    return between(Cut::before(version), Cut::after(version));
}

bool VersionSet::contains(const Version& version) const {
    // The last range that begins below the version is the only one that can hold it.
    const auto above = std::ranges::partition_point(
        m_ranges, [&](const VersionRange& range) { return range.begin.is_below(version); });
    return above != m_ranges.begin() && !std::prev(above)->end.is_below(version);
}

bool VersionSet::is_all() const {
    return m_ranges.size() == 1 && m_ranges[0].begin.is_lowest() && m_ranges[0].end.is_highest();
}

bool VersionSet::has_stable_version() const {
    return std::ranges::any_of(m_ranges, has_stable);
}

bool VersionSet::is_subset_of(const VersionSet& other) const {
    auto candidate = other.m_ranges.begin();
    for (const VersionRange& range : m_ranges) {
        while (candidate != other.m_ranges.end() && candidate->end < range.end) {
            ++candidate;
        }
        if (candidate == other.m_ranges.end() || range.begin < candidate->begin) {
            return false;
        }
    }
    return true;
}

bool VersionSet::is_disjoint_from(const VersionSet& other) const {
    auto a = m_ranges.begin();
    auto b = other.m_ranges.begin();
    while (a != m_ranges.end() && b != other.m_ranges.end()) {
        if (a->end <= b->begin) {
            ++a;
        } else if (b->end <= a->begin) {
            ++b;
        } else {
            return false;
        }
    }
    return true;
}

VersionSet VersionSet::complement() const {
    VersionSet result;
    Cut begin = Cut::lowest();
    for (const VersionRange& range : m_ranges) {
        if (begin < range.begin) {
            result.m_ranges.push_back({begin, range.begin});
        }
        begin = range.end;
    }
    if (!begin.is_highest()) {
        result.m_ranges.push_back({begin, Cut::highest()});
    }
    return result;
}

VersionSet VersionSet::intersect(const VersionSet& other) const {
    VersionSet result;
    auto a = m_ranges.begin();
    auto b = other.m_ranges.begin();
    while (a != m_ranges.end() && b != other.m_ranges.end()) {
        const Cut& begin = std::max(a->begin, b->begin);
        const Cut& end = std::min(a->end, b->end);
        if (begin < end) {
            result.m_ranges.push_back({begin, end});
        }
        a->end < b->end ? ++a : ++b;
    }
    return result;
}

VersionSet VersionSet::unite(const VersionSet& other) const {
    std::vector<VersionRange> sorted;
    sorted.reserve(m_ranges.size() + other.m_ranges.size());
    std::ranges::merge(m_ranges, other.m_ranges, std::back_inserter(sorted), {},
                       &VersionRange::begin, &VersionRange::begin);
    VersionSet result;
    for (VersionRange& range : sorted) {
        if (result.m_ranges.empty() || result.m_ranges.back().end < range.begin) {
            result.m_ranges.push_back(std::move(range));
        } else if (result.m_ranges.back().end < range.end) {
            result.m_ranges.back().end = std::move(range.end);
        }
    }
    return result;
}

} // namespace pymode::pep

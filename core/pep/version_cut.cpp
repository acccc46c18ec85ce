// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/pep/version_set.hpp"

namespace pymode::pep {

namespace {

// Nothing sorts lower than 0.dev0.
bool is_lowest_version(const Version& version) {
    return version.epoch.is_zero() && !version.pre && !version.post && version.dev &&
           version.dev->is_zero() && version.local.empty() &&
           std::ranges::all_of(version.release, &Number::is_zero);
}

// The public version right above `version`, which has no local part: nothing but local versions of
// `version` lies between the two.
Version next_public(const Version& version) {
    Version next = version;
    if (next.dev) {
        next.dev = next.dev->next();
    } else {
        next.post = next.post ? next.post->next() : Number{};
        next.dev = Number{};
    }
    return next;
}

} // namespace

Cut Cut::lowest() {
    return {Kind::lowest, nullptr};
}

Cut Cut::highest() {
    return {Kind::highest, nullptr};
}

Cut Cut::before(Version version) {
    if (is_lowest_version(version)) {
        return lowest();
    }
    return {Kind::before, std::make_shared<const Version>(std::move(version))};
}

Cut Cut::after(Version version) {
    return {Kind::after, std::make_shared<const Version>(std::move(version))};
}

Cut Cut::after_locals(const Version& version) {
    return before(next_public(version));
}

Cut Cut::after_posts(const Version& version) {
    if (version.pre) {
        // Behind all of 1.0a1 comes the first of 1.0a2; behind the last alpha there is no first
        // beta.
        Version next = version;
        next.pre->number = next.pre->number.next();
        next.dev = Number{};
        return before(std::move(next));
    }
    return {Kind::after_posts, std::make_shared<const Version>(version)};
}

Side Cut::side() const {
    switch (m_kind) {
    case Kind::after:
        return Side::after;
    case Kind::after_posts:
        return Side::after_posts;
    case Kind::before:
    case Kind::lowest:
    case Kind::highest:
        break;
    }
    return Side::before;
}

bool Cut::is_below(const Version& version) const {
    if (!m_version) {
        return is_lowest();
    }
    return compare(*m_version, side(), version, Side::at) < 0;
}

std::strong_ordering operator<=>(const Cut& a, const Cut& b) {
    if (a.m_version && b.m_version) {
        if (a.m_version == b.m_version && a.m_kind == b.m_kind) {
            return std::strong_ordering::equal;
        }
        return compare(*a.m_version, a.side(), *b.m_version, b.side());
    }
    // The enumeration has the ends at its ends.
    const auto place = [](const Cut& cut) {
        return cut.is_lowest() ? -1 : (cut.is_highest() ? 1 : 0);
    };
    return place(a) <=> place(b);
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
// How a set of versions is written for people: the reverse of specifier.cpp's table.
#include <algorithm>
#include <optional>

#include "core/pep/version_set.hpp"

namespace pymode::pep {

namespace {

bool is_first_dev(const Version& version) {
    return version.dev && version.dev->is_zero() && version.local.empty();
}

Version without_dev(Version version) {
    version.dev.reset();
    return version;
}

// The public version whose successor is `version`: for 1.0.post3.dev0 it is 1.0.post2, for
// 1.0.post0.dev0 it is 1.0.
std::optional<Version> public_version_below(const Version& version) {
    if (!version.post || !is_first_dev(version)) {
        return std::nullopt;
    }
    Version below = without_dev(version);
    if (below.post->is_zero()) {
        below.post.reset();
    } else {
        below.post = below.post->previous();
    }
    return below;
}

std::string lower_text(const Cut& cut) {
    const Version& version = *cut.version();
    if (!cut.is_before()) {
        return ">" + version.to_string();
    }
    if (const auto below = public_version_below(version); below && below->post) {
        return ">" + below->to_string();
    }
    return ">=" + version.to_string();
}

std::string upper_text(const Cut& cut) {
    const Version& version = *cut.version();
    if (!cut.is_before()) {
        return "<=" + version.to_string();
    }
    if (const auto below = public_version_below(version)) {
        return "<=" + below->to_string();
    }
    if (is_first_dev(version) && !version.pre) {
        return "<" + without_dev(version).to_string();
    }
    return "<" + version.to_string();
}

// "1.2.*" when the two versions are the bounds of that prefix.
std::optional<std::string> prefix_text(const Version& first, const Version& last) {
    const auto is_bound = [](const Version& version) {
        return is_first_dev(version) && !version.pre && !version.post;
    };
    if (!is_bound(first) || !is_bound(last) || first.release.size() != last.release.size()) {
        return std::nullopt;
    }
    Version next = first;
    next.release.back() = next.release.back().next();
    if (next != last) {
        return std::nullopt;
    }
    return without_dev(first).to_string() + ".*";
}

// What stands behind "==" or "!=" if one such specifier covers exactly what is between the cuts.
std::optional<std::string> exact_text(const Cut& begin, const Cut& end) {
    if (begin.version() == nullptr || end.version() == nullptr || !begin.is_before()) {
        return std::nullopt;
    }
    const Version& version = *begin.version();
    if (version.local.empty() && Cut::after_locals(version) == end) {
        return version.to_string();
    }
    if (!version.local.empty() && Cut::after(version) == end) {
        return version.to_string();
    }
    return end.is_before() ? prefix_text(version, *end.version()) : std::nullopt;
}

void append(std::string& text, const std::string& part, std::string_view separator) {
    text += text.empty() ? "" : separator;
    text += part;
}

} // namespace

std::string VersionSet::to_string() const {
    if (is_empty()) {
        return "nothing";
    }
    std::string text;
    for (std::size_t i = 0; i < m_ranges.size(); ++i) {
        std::string clause;
        const std::size_t first = i;
        std::string gaps;
        // Ranges that only a "!=" separates are one clause.
        for (; i + 1 < m_ranges.size(); ++i) {
            const auto hole = exact_text(m_ranges[i].end, m_ranges[i + 1].begin);
            if (!hole) {
                break;
            }
            append(gaps, "!=" + *hole, ",");
        }
        const Cut& begin = m_ranges[first].begin;
        const Cut& end = m_ranges[i].end;
        if (const auto exact = exact_text(begin, end); exact && gaps.empty()) {
            clause = "==" + *exact;
        } else {
            if (!begin.is_lowest()) {
                append(clause, lower_text(begin), ",");
            }
            if (!gaps.empty()) {
                append(clause, gaps, ",");
            }
            if (!end.is_highest()) {
                append(clause, upper_text(end), ",");
            }
        }
        append(text, clause.empty() ? "*" : clause, " or ");
    }
    return text;
}

} // namespace pymode::pep

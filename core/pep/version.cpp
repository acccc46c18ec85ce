// SPDX-License-Identifier: MIT
#include "core/pep/version.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/version_scan.hpp"

namespace pymode::pep {

namespace {

constexpr std::string_view pre_letters(PreKind kind) {
    switch (kind) {
    case PreKind::alpha:
        return "a";
    case PreKind::beta:
        return "b";
    case PreKind::candidate:
        return "rc";
    }
    return "";
}

// White space beyond ASCII, in UTF-8: other readers of versions ignore it around them too.
constexpr std::string_view wide_spaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
};

std::string_view trim_unicode(std::string_view text) {
    std::size_t before = 0;
    do {
        text = trim(text);
        before = text.size();
        for (const std::string_view space : wide_spaces) {
            text.remove_prefix(text.starts_with(space) ? space.size() : 0);
            text.remove_suffix(text.ends_with(space) ? space.size() : 0);
        }
    } while (text.size() != before);
    return text;
}

std::span<const Number> without_trailing_zeros(const std::vector<Number>& release) {
    std::size_t length = release.size();
    while (length > 1 && release[length - 1].is_zero()) {
        --length;
    }
    return std::span(release).first(length);
}

std::string print(const Version& version, std::span<const Number> release) {
    std::string text;
    if (!version.epoch.is_zero()) {
        text += version.epoch.to_string() + '!';
    }
    for (std::size_t i = 0; i < release.size(); ++i) {
        text += (i == 0 ? "" : ".") + release[i].to_string();
    }
    if (version.pre) {
        text += pre_letters(version.pre->kind);
        text += version.pre->number.to_string();
    }
    if (version.post) {
        text += ".post" + version.post->to_string();
    }
    if (version.dev) {
        text += ".dev" + version.dev->to_string();
    }
    if (!version.local.empty()) {
        text += '+' + version.local_text();
    }
    return text;
}

std::strong_ordering compare_release(const std::vector<Number>& a, const std::vector<Number>& b) {
    const auto x = without_trailing_zeros(a);
    const auto y = without_trailing_zeros(b);
    return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
}

// The rank of what follows the release: a lone .devN, then the pre-releases, then all the rest.
int pre_rank(const Version& version) {
    if (version.pre) {
        return 1;
    }
    return version.dev && !version.post ? 0 : 2;
}

std::strong_ordering compare_pre(const Version& a, const Version& b) {
    if (const auto order = pre_rank(a) <=> pre_rank(b); order != 0) {
        return order;
    }
    return a.pre ? *a.pre <=> *b.pre : std::strong_ordering::equal;
}

int post_rank(const Version& version, Side side) {
    if (side == Side::after_posts) {
        return 2;
    }
    return version.post ? 1 : 0;
}

std::strong_ordering compare_dev(const Version& a, const Version& b) {
    if (a.dev && b.dev) {
        return *a.dev <=> *b.dev;
    }
    return b.dev.has_value() <=> a.dev.has_value(); // having none is later
}

std::strong_ordering compare_segment(const LocalSegment& a, const LocalSegment& b) {
    if (a.number && b.number) {
        return *a.number <=> *b.number;
    }
    if (a.number || b.number) {
        return a.number ? std::strong_ordering::greater : std::strong_ordering::less;
    }
    return a.text <=> b.text;
}

std::strong_ordering compare_local(const Version& a, const Version& b) {
    return std::lexicographical_compare_three_way(a.local.begin(), a.local.end(), b.local.begin(),
                                                  b.local.end(), compare_segment);
}

} // namespace

Expected<Version> Version::parse(std::string_view text) {
    const std::string_view trimmed = trim_unicode(text);
    if (trimmed.size() > max_version_length) {
        return fail(ErrorCode::config,
                    fmt::format("a version of {} characters is too long", trimmed.size()));
    }
    auto scanned = scan_version(trimmed);
    if (!scanned || scanned->length != trimmed.size()) {
        return fail(ErrorCode::config, fmt::format("\"{}\" is not a version", text));
    }
    return std::move(scanned->version);
}

std::string Version::to_string() const {
    return print(*this, release);
}

std::string Version::canonical() const {
    return print(*this, without_trailing_zeros(release));
}

std::string Version::local_text() const {
    std::string text;
    for (const LocalSegment& segment : local) {
        text += (text.empty() ? "" : ".") + segment.text;
    }
    return text;
}

Version Version::public_version() const {
    Version version = *this;
    version.local.clear();
    return version;
}

Version Version::base_version() const {
    Version version;
    version.epoch = epoch;
    version.release = release;
    return version;
}

std::strong_ordering compare(const Version& a, Side a_side, const Version& b, Side b_side) {
    if (const auto order = a.epoch <=> b.epoch; order != 0) {
        return order;
    }
    if (const auto order = compare_release(a.release, b.release); order != 0) {
        return order;
    }
    if (const auto order = compare_pre(a, b); order != 0) {
        return order;
    }
    const int rank = post_rank(a, a_side);
    if (const auto order = rank <=> post_rank(b, b_side); order != 0) {
        return order;
    }
    if (rank == 2) {
        return std::strong_ordering::equal;
    }
    if (rank == 1) {
        if (const auto order = *a.post <=> *b.post; order != 0) {
            return order;
        }
    }
    if (const auto order = compare_dev(a, b); order != 0) {
        return order;
    }
    if (const auto order = compare_local(a, b); order != 0) {
        return order;
    }
    return static_cast<int>(a_side) <=> static_cast<int>(b_side);
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
    return compare(a, Side::at, b, Side::at);
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
// Versions as the specification "Version specifiers" (PEP 440) defines them.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/number.hpp"

namespace pymode::pep {

// Longer ones are refused: no published version comes near, and comparing stays cheap.
inline constexpr std::size_t max_version_length = 4096;

enum class PreKind { alpha, beta, candidate };

struct PreRelease {
    PreKind kind = PreKind::alpha;
    Number number;

    friend auto operator<=>(const PreRelease&, const PreRelease&) = default;
};

// One part of what stands behind the "+": lower case, without leading zeros when it is a number.
struct LocalSegment {
    std::string text;
    std::optional<Number> number;
};

// A parsed version: [epoch!]release[pre][.post][.dev][+local]. `release` has at least one number.
struct Version {
    Number epoch;
    std::vector<Number> release;
    std::optional<PreRelease> pre;
    std::optional<Number> post;
    std::optional<Number> dev;
    std::vector<LocalSegment> local;

    // Reads every spelling that the standard permits; white space around it is ignored.
    static Expected<Version> parse(std::string_view text);

    // The normalised spelling, with the zeros at the end that the author wrote.
    [[nodiscard]] std::string to_string() const;
    // The same without zeros at the end of the release ("1.0.0" is "1"): equal for equal versions.
    [[nodiscard]] std::string canonical() const;
    [[nodiscard]] std::string local_text() const;

    // Without the local part.
    [[nodiscard]] Version public_version() const;
    // Epoch and release alone.
    [[nodiscard]] Version base_version() const;

    // Alpha, beta, candidate or development release.
    [[nodiscard]] bool is_prerelease() const { return pre.has_value() || dev.has_value(); }

    // Zeros at the end of the release do not count.
    friend std::strong_ordering operator<=>(const Version& a, const Version& b);
    friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }
};

// Where a bound of a set of versions stands in relation to a version.
enum class Side {
    before = -1,
    at = 0, // the version itself
    after = 1,
    after_posts = 2, // behind its post releases; only for versions without post, dev and local
};

// Compares two places in the order of all versions.
std::strong_ordering compare(const Version& a, Side a_side, const Version& b, Side b_side);

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
// Requirements: `name[extra,…] specifiers ; marker` and `name[extra,…] @ url ; marker` (PEP 508).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/marker.hpp"
#include "core/pep/specifier.hpp"
#include "core/pep/syntax_error.hpp"

namespace pymode::pep {

// Longer ones are refused.
inline constexpr std::size_t max_requirement_length = 64 * 1024;

struct Requirement {
    std::string name;                // as written
    std::vector<std::string> extras; // as written
    std::optional<std::string> url;  // then there are no specifiers
    SpecifierSet specifiers;
    std::optional<Marker> marker;

    static Expected<Requirement> parse(std::string_view text);

    [[nodiscard]] std::string normalized_name() const;
    // Sorted, each once.
    [[nodiscard]] std::vector<std::string> normalized_extras() const;

    // Whether it counts for the environment, with these (normalised) extras of its declarer.
    [[nodiscard]] bool applies(const Environment& environment,
                               std::span<const std::string> requested_extras = {}) const;

    // Tidied, with name, extras and specifiers in the author's spelling and order.
    [[nodiscard]] std::string to_string() const;
    // The same with extras and specifiers sorted.
    [[nodiscard]] std::string canonical() const;

    // Equal in meaning.
    friend bool operator==(const Requirement& a, const Requirement& b);
};

// For callers that show the place of an error themselves.
Parsed<Requirement> parse_requirement(std::string_view text);

} // namespace pymode::pep

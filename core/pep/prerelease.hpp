// SPDX-License-Identifier: MIT
// Which of the versions that a specifier admits may be chosen, as far as pre-releases go.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/pep/specifier.hpp"

namespace pymode::pep {

enum class PrereleasePolicy {
    if_needed, // when a specifier names one, or when nothing else satisfies: the standard's rule
    if_named,  // only when a specifier names one
    allow,
    disallow,
};

// A version as published; what is no version at all has no `version`.
struct Candidate {
    std::string text;
    std::optional<Version> version;

    static Candidate from_text(std::string text);
};

// The indices of those candidates that `specifiers` admits and `policy` lets through, in the
// candidates' order.
std::vector<std::size_t> select_candidates(const SpecifierSet& specifiers,
                                           std::span<const Candidate> candidates,
                                           PrereleasePolicy policy);

} // namespace pymode::pep

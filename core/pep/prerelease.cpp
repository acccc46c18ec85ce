// SPDX-License-Identifier: MIT
#include "core/pep/prerelease.hpp"

#include <algorithm>
#include <utility>

namespace pymode::pep {

namespace {

bool is_prerelease(const Candidate& candidate) {
    return candidate.version && candidate.version->is_prerelease();
}

bool is_admitted(const SpecifierSet& specifiers, const Candidate& candidate) {
    return candidate.version ? specifiers.admits(candidate.text, *candidate.version)
                             : specifiers.admits(candidate.text);
}

} // namespace

Candidate Candidate::from_text(std::string text) {
    auto version = Version::parse(text);
    return {std::move(text), version ? std::optional(std::move(*version)) : std::nullopt};
}

std::vector<std::size_t> select_candidates(const SpecifierSet& specifiers,
                                           std::span<const Candidate> candidates,
                                           PrereleasePolicy policy) {
    std::vector<std::size_t> chosen;
    bool found_final = false;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (is_admitted(specifiers, candidates[i])) {
            chosen.push_back(i);
            // Of a text that is no version nobody knows what it is, so it does not count.
            found_final |= candidates[i].version && !is_prerelease(candidates[i]);
        }
    }
    const bool named = specifiers.names_prerelease();
    const bool keep = policy == PrereleasePolicy::allow ||
                      (policy == PrereleasePolicy::if_named && named) ||
                      (policy == PrereleasePolicy::if_needed && (named || !found_final));
    if (!keep) {
        std::erase_if(chosen, [&](std::size_t i) { return is_prerelease(candidates[i]); });
    }
    return chosen;
}

} // namespace pymode::pep

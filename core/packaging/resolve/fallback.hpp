// SPDX-License-Identifier: MIT
// The check against a quiet fall to an old version, only because newer ones have no wheel for this
// runtime.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/packaging/resolve/provider.hpp"

namespace pymode::resolving {

// So many releases left out are too many, and so is another leading number of the version.
inline constexpr std::size_t max_passed_over = 2;

struct FallbackReport {
    std::vector<std::string> warnings;
    std::optional<Error> error;
};

// Resolves once more as if every file could be installed, and compares. A package that is older
// than it would be on an ordinary computer, because it or something it needs has no wheel for this
// runtime, is a warning when at most `max_passed_over` releases are left out or when the user's own
// words about the package have a pin or an upper bound, and else an error. Not asked: packages that
// are wanted as old as possible, and wheels that were built for this runtime.
[[nodiscard]] Expected<FallbackReport>
check_fallbacks(Catalog& catalog, const Policy& policy, const CancelToken& cancel,
                const Graph& graph, const std::vector<pubgrub::Selected>& selected);

} // namespace pymode::resolving

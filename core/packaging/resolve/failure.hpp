// SPDX-License-Identifier: MIT
// No solution, as an error: the proof in sentences and what would help.
#pragma once

#include "core/base/error.hpp"
#include "core/packaging/resolve/provider.hpp"

namespace pymode::resolving {

// `failed` is the solver that ran over `graph` and found nothing. It is run once more with all it
// knows from the beginning, which gives a shorter proof.
[[nodiscard]] Error explain_failure(Graph& graph, const Policy& policy,
                                    const pubgrub::Solver& failed,
                                    pubgrub::IncompatibilityId proof);

} // namespace pymode::resolving

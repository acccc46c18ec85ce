// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/packaging/resolve/provider.hpp"

namespace pymode::resolving {

// A package none of whose versions in `set` could be selected.
struct DeadEnd {
    pubgrub::PackageId package = 0;
    pep::VersionSet set;
};

// What would help, the most telling kind first; each sentence once.
[[nodiscard]] std::vector<std::string> hints(const Graph& graph, const Policy& policy,
                                             const std::vector<DeadEnd>& dead_ends);

// "pickle" → true: a module that every Python has.
[[nodiscard]] bool is_standard_module(std::string_view name);

} // namespace pymode::resolving

// SPDX-License-Identifier: MIT
// Which files of a wheel a Worker has no use for. The rule is stated in
// docs/packages/installing.md; in doubt a file stays.
#pragma once

#include <set>
#include <span>
#include <string>

#include "core/packaging/install/wheel.hpp"

namespace pymode {

// Indexes into `files` (sorted by path) of what is left out.
[[nodiscard]] std::set<std::size_t> find_trimmed(std::span<const WheelFile> files,
                                                 std::string_view dist_info);

} // namespace pymode

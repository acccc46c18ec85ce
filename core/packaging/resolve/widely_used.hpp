// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace pymode::resolving {

// Some hundred normalised names of packages that many projects use, so that a misspelt one is
// recognised before any index was asked for it. From general knowledge: no ranking, nothing
// measured, and nothing is decided by it but the words of a hint.
[[nodiscard]] std::span<const std::string_view> widely_used_names();

} // namespace pymode::resolving

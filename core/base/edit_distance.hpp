// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace pymode {

// How many letters have to be replaced, added, taken out, or exchanged with their neighbour to make
// `a` into `b` (optimal string alignment). Time and memory grow with both lengths.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

} // namespace pymode

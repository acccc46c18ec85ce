// SPDX-License-Identifier: MIT
// entry_points.txt of a dist-info. It is kept byte for byte, and no script is made of it; what
// other tools would stumble over is said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pymode {

// What is odd in it, in the order of the file.
[[nodiscard]] std::vector<std::string> entry_point_warnings(std::string_view text);

} // namespace pymode

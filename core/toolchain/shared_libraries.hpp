// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace pymode {

// The shared libraries that this process has loaded, by path, sorted: what the executable needs on
// another machine.
std::vector<std::string> loaded_libraries();

} // namespace pymode

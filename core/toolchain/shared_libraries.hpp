// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace pymode {

struct SharedLibraries {
    std::vector<std::string> needed; // what the executable itself names, sorted: "libcurl.so.4"
    std::size_t loaded = 0;          // with those that they need in turn
};

// What this executable needs on another machine.
SharedLibraries shared_libraries();

} // namespace pymode

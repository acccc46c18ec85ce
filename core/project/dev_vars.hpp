// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace pymode {

struct DevVar {
    std::string name;
    std::string value;

    bool operator==(const DevVar&) const = default;
};

// Parses the text of a `.dev.vars` file by the rules of dotenv, which wrangler uses for it:
//   NAME=value      trimmed; `#` begins a comment
//   export NAME=…   the word `export` is skipped
//   NAME="a\nb"     single, double or back quotes; may span lines; only double quotes know \n, \r
// Later lines replace earlier ones of the same name. Unlike dotenv, a line that is none of these is
// an error that points at it: a secret that silently does not arrive costs an hour.
Expected<std::vector<DevVar>> parse_dev_vars(std::string_view file, std::string_view text);

} // namespace pymode

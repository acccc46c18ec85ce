// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/project/document.hpp"

namespace pymode {

// Parses TOML 1.0. `file` is only used in messages. The library's own types stay inside toml.cpp:
// they cost ten seconds of compilation wherever they are included.
Expected<ConfigDocument> parse_toml(std::string file, std::string text);

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/project/document.hpp"

namespace pymode {

// Parses JSON (RFC 8259) with what wrangler's files may have on top: `//` and `/* */` comments, and
// a comma behind the last member. A key that an object has twice is an error, as in TOML, and so is
// text that is not UTF-8. `file` is only used in messages. Nesting is limited to 100.
Expected<ConfigDocument> parse_jsonc(std::string file, std::string text);

} // namespace pymode

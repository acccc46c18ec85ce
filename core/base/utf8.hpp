// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace pymode {

// Appends a code point, at most U+10FFFF and no surrogate: what else may come, the caller replaces.
void append_utf8(std::string& text, std::uint32_t point);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Base64 (RFC 4648, section 4), by OpenSSL.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/bytes.hpp"

namespace pymode {

// The standard alphabet with padding, in one line.
[[nodiscard]] std::string base64(ByteView bytes);

// Of the text that so many bytes become.
[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) {
    return (bytes + 2) / 3 * 4;
}

} // namespace pymode

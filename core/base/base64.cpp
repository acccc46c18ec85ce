// SPDX-License-Identifier: MIT
#include "core/base/base64.hpp"

#include <algorithm>

#include <openssl/evp.h>

namespace pymode {

std::string base64(ByteView bytes) {
    // EVP_EncodeBlock takes an int: pieces without padding between them.
    constexpr std::size_t piece = 3 << 20;
    std::string text(base64_size(bytes.size()) + 1, '\0'); // it ends what it writes with a NUL
    std::size_t written = 0;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const std::size_t count = std::min(piece, bytes.size() - at);
        written += static_cast<std::size_t>(EVP_EncodeBlock(
            reinterpret_cast<unsigned char*>(text.data() + written),
            reinterpret_cast<const unsigned char*>(bytes.data() + at), static_cast<int>(count)));
    }
    text.resize(written);
    return text;
}

} // namespace pymode

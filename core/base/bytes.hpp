// SPDX-License-Identifier: MIT
// Bytes as a value, and the two ways between bytes and text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pymode {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

// A view of the same memory: the argument must outlive it.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes to_bytes(std::string_view text) {
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

[[nodiscard]] inline std::string to_text(ByteView bytes) {
    return std::string(as_text(bytes));
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// The extra fields of a zip header: the two that can change what a member is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"

namespace pymode::zip {

// The 32-bit fields of a header; a full one (0xFFFFFFFF) is replaced by its zip64 extra field.
struct Sizes {
    std::uint64_t size = 0;
    std::uint64_t packed = 0;
    std::optional<std::uint64_t> offset; // a local header has none
};

// Applies the zip64 field to `sizes` and compares the Unicode path field with `name`. The text says
// what is wrong, nullptr that nothing is.
[[nodiscard]] const char* apply_extra(ByteView extra, std::string_view name, Sizes& sizes);

} // namespace pymode::zip

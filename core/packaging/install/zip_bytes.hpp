// SPDX-License-Identifier: MIT
// Little-endian numbers and the signatures of the zip format (APPNOTE 4.3).
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"

namespace pymode::zip {

inline constexpr std::uint32_t local_signature = 0x04034b50;
inline constexpr std::uint32_t central_signature = 0x02014b50;
inline constexpr std::uint32_t end_signature = 0x06054b50;
inline constexpr std::uint32_t end64_signature = 0x06064b50;
inline constexpr std::uint32_t locator_signature = 0x07064b50;
inline constexpr std::uint32_t descriptor_signature = 0x08074b50;

inline constexpr std::uint64_t local_size = 30;
inline constexpr std::uint64_t central_size = 46;
inline constexpr std::uint64_t end_size = 22;
inline constexpr std::uint64_t end64_size = 56;
inline constexpr std::uint64_t locator_size = 20;

inline constexpr std::uint16_t stored = 0;
inline constexpr std::uint16_t deflated = 8;
inline constexpr std::uint16_t flag_utf8 = 1U << 11U;

// The caller has checked that the bytes are there.
inline std::uint64_t number_at(ByteView bytes, std::uint64_t at, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) {
        value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
    }
    return value;
}

inline std::uint16_t u16(ByteView bytes, std::uint64_t at) {
    return static_cast<std::uint16_t>(number_at(bytes, at, 2));
}

inline std::uint32_t u32(ByteView bytes, std::uint64_t at) {
    return static_cast<std::uint32_t>(number_at(bytes, at, 4));
}

inline std::uint64_t u64(ByteView bytes, std::uint64_t at) {
    return number_at(bytes, at, 8);
}

inline void put(Bytes& bytes, std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
        bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

} // namespace pymode::zip

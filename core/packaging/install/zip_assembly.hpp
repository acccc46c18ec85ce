// SPDX-License-Identifier: MIT
// Zip archives put together from members that are packed already: bytes are copied, nothing is
// inflated or deflated. That is what makes an install from the cache cheap.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/packaging/install/zip_layout.hpp"

namespace pymode {

// For reading archives that `assemble_zip` made.
inline constexpr ZipLimits assembled_limits{
    .max_members = 0xFFFE, .max_total_bytes = std::uint64_t{2} << 30, .max_ratio = 2000};

// A member; the views must live until the archive is made.
struct ZipPiece {
    std::string_view path;
    std::uint16_t method = 0;
    std::uint32_t crc32 = 0;
    std::uint64_t size = 0; // unpacked
    ByteView packed;
};

// Of stored content.
[[nodiscard]] ZipPiece stored_piece(std::string_view path, ByteView content);

[[nodiscard]] ZipPiece piece_of(ByteView file, const ZipMember& member);

// The archive: members as given (sorted by path, each once), dated 1980-01-01, mode 0644, without
// zip64, which the runtime does not read: too many or too much is an error.
[[nodiscard]] Expected<Bytes> assemble_zip(std::span<const ZipPiece> pieces,
                                           std::string_view comment = {});

} // namespace pymode

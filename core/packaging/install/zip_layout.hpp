// SPDX-License-Identifier: MIT
// The structure of a zip archive from outside, checked byte by byte before anything in it is
// believed.
//
// libzip alone is too lenient for wheels: it takes the first of two equal names, lets members
// overlap, leaves gaps unseen and does not compare data descriptors, so that two programs can see
// two different wheels in one file. Here the file has to be exactly its members in a row, its
// directory and its end record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

struct ZipMember {
    std::string name; // raw bytes, not checked
    std::uint16_t method = 0;
    std::uint32_t crc32 = 0;
    std::uint64_t size = 0;   // unpacked, as promised
    std::uint64_t packed = 0; // in the file
    std::uint64_t header = 0; // offset of the local header
    std::uint64_t data = 0;   // offset of the packed bytes
    std::uint32_t mode = 0;   // Unix mode with the kind of file; 0 when the archive does not say
    bool utf8 = false;        // the name is flagged as UTF-8
};

struct ZipLayout {
    std::vector<ZipMember> members; // in the order of the directory
    std::uint64_t directory = 0;    // offset
    std::string comment;
    std::uint64_t trailing_zeros = 0; // NUL bytes behind the end record
};

struct ZipLimits {
    std::uint64_t max_members = 50'000;
    std::uint64_t max_name_bytes = 1024;
    std::uint64_t max_member_bytes = std::uint64_t{256} << 20; // unpacked
    std::uint64_t max_total_bytes = std::uint64_t{1} << 30;    // unpacked
    // Unpacked to packed; counts for members from `ratio_from` on. Deflate can reach 1032.
    std::uint64_t max_ratio = 500;
    std::uint64_t ratio_from = std::uint64_t{16} << 20;
};

// Everything but the contents and what the names mean. ErrorCode::archive.
[[nodiscard]] Expected<ZipLayout> read_zip_layout(ByteView file, const ZipLimits& limits = {});

// The packed bytes of a member of this file.
[[nodiscard]] inline ByteView packed_bytes(ByteView file, const ZipMember& member) {
    return file.subspan(member.data, member.packed);
}

// Unpacks; size and CRC are as promised, or it is an error.
[[nodiscard]] Expected<Bytes> unpack_member(ByteView file, const ZipMember& member);

// Raw deflate of `content`, always the same bytes for the same zlib.
[[nodiscard]] Bytes deflate_bytes(ByteView content);

[[nodiscard]] std::uint32_t crc32_of(ByteView content);

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/install/zip_assembly.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/install/zip_bytes.hpp"

namespace pymode {

namespace {

using zip::put;

constexpr std::uint64_t max_bytes = std::uint64_t{1} << 31;

constexpr std::uint16_t version_needed = 20;        // folders and deflate
constexpr std::uint16_t made_by = (3U << 8U) | 20U; // Unix
constexpr std::uint16_t dos_time = 0;
constexpr std::uint16_t dos_date = (1U << 5U) | 1U;   // 1980-01-01
constexpr std::uint32_t attributes = 0100644U << 16U; // a regular file, rw-r--r--

void put_text(Bytes& bytes, std::string_view text) {
    const ByteView view = as_bytes(text);
    bytes.insert(bytes.end(), view.begin(), view.end());
}

// What both headers have in common.
void put_common(Bytes& bytes, const ZipPiece& piece) {
    put(bytes, version_needed, 2);
    put(bytes, zip::flag_utf8, 2);
    put(bytes, piece.method, 2);
    put(bytes, dos_time, 2);
    put(bytes, dos_date, 2);
    put(bytes, piece.crc32, 4);
    put(bytes, piece.packed.size(), 4);
    put(bytes, piece.size, 4);
    put(bytes, piece.path.size(), 2);
    put(bytes, 0, 2); // no extra field
}

void put_central(Bytes& bytes, const ZipPiece& piece, std::uint64_t offset) {
    put(bytes, zip::central_signature, 4);
    put(bytes, made_by, 2);
    put_common(bytes, piece);
    put(bytes, 0, 2); // no comment
    put(bytes, 0, 2); // disk
    put(bytes, 0, 2); // internal attributes
    put(bytes, attributes, 4);
    put(bytes, offset, 4);
    put_text(bytes, piece.path);
}

} // namespace

ZipPiece stored_piece(std::string_view path, ByteView content) {
    return {path, zip::stored, crc32_of(content), content.size(), content};
}

ZipPiece piece_of(ByteView file, const ZipMember& member) {
    return {member.name, member.method, member.crc32, member.size, packed_bytes(file, member)};
}

Expected<Bytes> assemble_zip(std::span<const ZipPiece> pieces, std::string_view comment) {
    std::uint64_t total = zip::end_size + comment.size();
    for (const ZipPiece& piece : pieces) {
        total += zip::local_size + zip::central_size + 2 * piece.path.size() + piece.packed.size();
    }
    if (pieces.size() > assembled_limits.max_members || total > max_bytes) {
        return fail(ErrorCode::archive,
                    fmt::format("the packages have {} files of {}; an archive takes {} and {}",
                                pieces.size(), human_size(total), assembled_limits.max_members,
                                human_size(max_bytes)));
    }
    Bytes bytes;
    bytes.reserve(total);
    Bytes directory;
    for (const ZipPiece& piece : pieces) {
        put_central(directory, piece, bytes.size());
        put(bytes, zip::local_signature, 4);
        put_common(bytes, piece);
        put_text(bytes, piece.path);
        bytes.insert(bytes.end(), piece.packed.begin(), piece.packed.end());
    }
    const std::uint64_t offset = bytes.size();
    bytes.insert(bytes.end(), directory.begin(), directory.end());
    put(bytes, zip::end_signature, 4);
    put(bytes, 0, 4); // disks
    put(bytes, pieces.size(), 2);
    put(bytes, pieces.size(), 2);
    put(bytes, directory.size(), 4);
    put(bytes, offset, 4);
    put(bytes, comment.size(), 2);
    put_text(bytes, comment);
    return bytes;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/index/partial_zip.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/text.hpp"
#include "core/pep/metadata.hpp"

namespace pymode {

namespace {

// Of the zip format (APPNOTE 4.3).
constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::size_t local_size = 30;
constexpr std::size_t central_size = 46;
constexpr std::size_t end_size = 22;
constexpr std::size_t max_comment = 65'535;

constexpr std::uint64_t max_directory_bytes = 16 << 20;
constexpr std::uint64_t extra_slack = 128; // of a local header, beyond that of the directory

std::uint16_t u16(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                      std::to_integer<unsigned>(bytes[at + 1]) << 8U);
}

std::uint32_t u32(ByteView bytes, std::size_t at) {
    return u16(bytes, at) | static_cast<std::uint32_t>(u16(bytes, at + 2)) << 16U;
}

void put16(Bytes& bytes, std::uint32_t value) {
    bytes.push_back(static_cast<std::byte>(value & 0xFFU));
    bytes.push_back(static_cast<std::byte>(value >> 8U & 0xFFU));
}

void put32(Bytes& bytes, std::uint32_t value) {
    put16(bytes, value & 0xFFFFU);
    put16(bytes, value >> 16U);
}

std::unexpected<Error> bad(std::string why) {
    return std::unexpected(
        Error{ErrorCode::archive, "cannot read the wheel", {std::move(why)}, "", std::nullopt});
}

struct Directory {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::size_t entries = 0;
};

struct Member {
    std::string name;
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint32_t packed = 0;
    std::uint32_t unpacked = 0;
    std::uint32_t offset = 0;
    std::size_t extra = 0;
};

// `tail` is the end of the archive. Nothing: no end record is in it.
Expected<std::optional<Directory>> find_directory(ByteView tail, std::uint64_t archive_size) {
    if (tail.size() < end_size) {
        return std::nullopt;
    }
    for (std::size_t at = tail.size() - end_size + 1; at-- > 0;) {
        if (u32(tail, at) != end_signature || at + end_size + u16(tail, at + 20) != tail.size()) {
            continue;
        }
        Directory directory{u32(tail, at + 16), u32(tail, at + 12), u16(tail, at + 10)};
        const std::uint64_t end = archive_size - tail.size() + at;
        if (u16(tail, at + 4) != 0 || u16(tail, at + 6) != 0 ||
            u16(tail, at + 8) != directory.entries || directory.entries == 0xFFFF ||
            directory.offset == 0xFFFFFFFF || directory.size == 0xFFFFFFFF) {
            return bad("it is a zip archive in several parts or of the 64-bit kind");
        }
        if (directory.size > max_directory_bytes || directory.offset + directory.size != end ||
            directory.entries * central_size > directory.size) {
            return bad("its directory does not fit");
        }
        return directory;
    }
    return std::nullopt;
}

// "name-1.0.dist-info/METADATA", at the top.
bool is_metadata_path(std::string_view path) {
    constexpr std::string_view ending = ".dist-info/METADATA";
    return path.ends_with(ending) && path.size() > ending.size() &&
           path.find('/') == path.size() - std::string_view("/METADATA").size();
}

Expected<Member> find_metadata(ByteView bytes, const Directory& directory) {
    std::optional<Member> found;
    std::size_t at = 0;
    for (std::size_t entry = 0; entry < directory.entries; ++entry) {
        if (bytes.size() - at < central_size || u32(bytes, at) != central_signature) {
            return bad("its directory is broken");
        }
        const std::size_t name_size = u16(bytes, at + 28);
        const std::size_t extra_size = u16(bytes, at + 30);
        const std::size_t whole = central_size + name_size + extra_size + u16(bytes, at + 32);
        if (bytes.size() - at < whole) {
            return bad("its directory is broken");
        }
        const std::string_view name = as_text(bytes.subspan(at + central_size, name_size));
        if (is_metadata_path(name)) {
            if (found) {
                return bad("it has two METADATA files");
            }
            found = Member{std::string(name),   u16(bytes, at + 8),  u16(bytes, at + 10),
                           u32(bytes, at + 16), u32(bytes, at + 20), u32(bytes, at + 24),
                           u32(bytes, at + 42), extra_size};
        }
        at += whole;
    }
    if (!found) {
        return bad("it has no METADATA");
    }
    if ((found->flags & 1U) != 0 || (found->method != 0 && found->method != 8)) {
        return bad("its METADATA is encrypted or compressed in an unknown way");
    }
    if (found->unpacked > pep::max_metadata_size || found->packed > pep::max_metadata_size ||
        found->offset + local_size + found->packed > directory.offset) {
        return bad("its METADATA is too large or lies outside");
    }
    return *found;
}

// An archive of the one member, for the reader that knows how to unpack and check.
Expected<std::string> unpack(const Member& member, ByteView data) {
    const auto fields = [&](Bytes& out) {
        put16(out, 20); // version needed
        put16(out, 0);  // flags: sizes stand in the header, whatever they did in the wheel
        put16(out, member.method);
        put32(out, 0x00210000); // 1980-01-01
        put32(out, member.crc);
        put32(out, member.packed);
        put32(out, member.unpacked);
        put16(out, 1); // length of the name "M"
        put16(out, 0);
    };
    Bytes archive;
    archive.reserve(data.size() + local_size + central_size + end_size + 2);
    put32(archive, local_signature);
    fields(archive);
    archive.push_back(std::byte{'M'});
    archive.insert(archive.end(), data.begin(), data.end());
    const auto directory = static_cast<std::uint32_t>(archive.size());
    put32(archive, central_signature);
    put16(archive, 20); // version made by
    fields(archive);
    archive.resize(archive.size() + 2 + 2 + 2 + 4 + 4); // no comment, disk 0, attributes, offset 0
    archive.push_back(std::byte{'M'});
    const auto directory_size = static_cast<std::uint32_t>(archive.size()) - directory;
    put32(archive, end_signature);
    put32(archive, 0);
    put16(archive, 1);
    put16(archive, 1);
    put32(archive, directory_size);
    put32(archive, directory);
    put16(archive, 0);
    const ArchiveLimits limits{.max_member_bytes = pep::max_metadata_size};
    auto reader = ArchiveReader::from_memory(archive, limits);
    auto content =
        reader ? reader->read(reader->members().front()) : Expected<Bytes>(propagate(reader));
    if (!content) {
        return bad("its METADATA is damaged");
    }
    return to_text(*content);
}

} // namespace

Expected<> WheelMetadataReader::give(std::uint64_t offset, ByteView bytes) {
    if (offset > m_size || bytes.size() > m_size - offset) {
        return bad("bytes beyond its end");
    }
    m_parts.insert_or_assign(offset, Bytes(bytes.begin(), bytes.end()));
    return {};
}

// From one part: ranges are asked for as they are needed, so none is in two.
std::optional<ByteView> WheelMetadataReader::at(std::uint64_t offset, std::uint64_t size) const {
    for (const auto& [begin, bytes] : m_parts) {
        if (begin <= offset && offset - begin <= bytes.size() &&
            size <= bytes.size() - (offset - begin)) {
            return ByteView(bytes).subspan(offset - begin, size);
        }
    }
    return std::nullopt;
}

WheelMetadataReader::Step WheelMetadataReader::need(std::uint64_t offset, std::uint64_t size) {
    return Step{ByteRange{offset, size}, ""};
}

Expected<WheelMetadataReader::Step> WheelMetadataReader::next() const {
    if (m_size < end_size) {
        return bad("it is not a zip archive");
    }
    // A comment may push the end record out of the first tail.
    for (const std::uint64_t wanted : {wheel_tail_bytes, std::uint64_t{end_size + max_comment}}) {
        const std::uint64_t tail_size = std::min(m_size, wanted);
        const auto tail = at(m_size - tail_size, tail_size);
        if (!tail) {
            return need(m_size - tail_size, tail_size);
        }
        const auto directory = find_directory(*tail, m_size);
        if (!directory) {
            return propagate(directory);
        }
        if (*directory) {
            return read_directory((*directory)->offset, (*directory)->size, (*directory)->entries);
        }
    }
    return bad("it is not a zip archive");
}

Expected<WheelMetadataReader::Step> WheelMetadataReader::read_directory(std::uint64_t offset,
                                                                        std::uint64_t size,
                                                                        std::size_t count) const {
    const auto entries = at(offset, size);
    if (!entries) {
        return need(offset, size);
    }
    const auto member = find_metadata(*entries, {offset, size, count});
    if (!member) {
        return propagate(member);
    }
    const auto header = at(member->offset, local_size);
    if (!header) {
        // With the data in one go: how long the local header is shows only when it is there.
        const std::uint64_t guess =
            local_size + member->name.size() + member->extra + extra_slack + member->packed;
        return need(member->offset, std::min<std::uint64_t>(guess, offset - member->offset));
    }
    const std::size_t name_size = u16(*header, 26);
    const std::uint64_t data = member->offset + local_size + name_size + u16(*header, 28);
    if (u32(*header, 0) != local_signature || name_size != member->name.size() ||
        data + member->packed > offset) {
        return bad("its METADATA does not lie where the directory says");
    }
    const auto content = at(member->offset, data + member->packed - member->offset);
    if (!content) {
        return need(member->offset, data + member->packed - member->offset);
    }
    if (as_text(content->subspan(local_size, name_size)) != member->name) {
        return bad("its METADATA does not lie where the directory says");
    }
    auto text = unpack(*member, content->subspan(data - member->offset));
    if (!text) {
        return propagate(text);
    }
    return Step{std::nullopt, std::move(*text)};
}

Expected<std::string> read_wheel_metadata(std::uint64_t archive_size,
                                          const std::function<Expected<Bytes>(ByteRange)>& read) {
    WheelMetadataReader reader(archive_size);
    // Tail, longer tail, directory, header with data, data again.
    for (int steps = 0; steps < 6; ++steps) {
        auto step = reader.next();
        if (!step) {
            return propagate(step);
        }
        if (!step->need) {
            return std::move(step->metadata);
        }
        const auto bytes = read(*step->need);
        if (!bytes) {
            return propagate(bytes);
        }
        if (auto given = reader.give(step->need->offset, *bytes); !given) {
            return propagate(given);
        }
    }
    return bad("its parts do not fit together");
}

} // namespace pymode

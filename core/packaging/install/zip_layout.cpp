// SPDX-License-Identifier: MIT
#include "core/packaging/install/zip_layout.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/install/zip_bytes.hpp"
#include "core/packaging/install/zip_extra.hpp"

namespace pymode {

namespace {

using zip::u16;
using zip::u32;
using zip::u64;

constexpr std::uint64_t max_comment = 0xFFFF;
constexpr std::uint16_t full16 = 0xFFFF;
constexpr std::uint32_t full32 = 0xFFFFFFFF;

constexpr std::uint16_t flag_encrypted = 1U << 0U;
constexpr std::uint16_t flag_descriptor = 1U << 3U;
constexpr std::uint16_t flags_refused = flag_encrypted | (1U << 5U) | (1U << 6U) | (1U << 13U);

std::unexpected<Error> broken(std::string reason) {
    return std::unexpected(
        Error{ErrorCode::archive, "the archive is not sound", {std::move(reason)}, "", {}});
}

std::string shown(std::string_view name) {
    return fmt::format("\"{}\"", printable(name.substr(0, 200)));
}

// Where the directory is, by the end records.
struct End {
    std::uint64_t directory = 0;
    std::uint64_t size = 0;
    std::uint64_t count = 0;
    std::uint64_t records = 0; // offset of the first end record: the directory ends there
    std::string comment;
    std::uint64_t trailing_zeros = 0;
};

// The end record, such that its comment ends with the file, or with nothing but NUL bytes behind:
// some upload tools pad files to whole blocks.
std::optional<std::uint64_t> find_end(ByteView file, std::uint64_t& zeros) {
    const std::uint64_t last = file.size() - zip::end_size;
    const std::uint64_t first = last - std::min(last, max_comment);
    for (std::uint64_t at = last + 1; at-- > first;) {
        if (u32(file, at) != zip::end_signature) {
            continue;
        }
        const std::uint64_t stop = at + zip::end_size + u16(file, at + 20);
        if (stop > file.size()) {
            continue;
        }
        const ByteView rest = file.subspan(stop);
        if (std::ranges::all_of(rest, [](std::byte b) { return b == std::byte{0}; })) {
            zeros = rest.size();
            return at;
        }
        return std::nullopt;
    }
    return std::nullopt;
}

// A second archive in the comment would be found by readers that search from the front.
bool holds_signature(std::string_view text) {
    static constexpr std::array<std::string_view, 6> signatures = {
        "PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", "PK\x07\x08"};
    return std::ranges::any_of(signatures, [&](std::string_view s) { return text.contains(s); });
}

// The zip64 end record takes the place of fields that are full, and contradicts none that is not.
Expected<> read_end64(ByteView file, std::uint64_t end, End& result) {
    if (end < zip::locator_size || u32(file, end - zip::locator_size) != zip::locator_signature) {
        const bool full =
            result.count == full16 || result.size == full32 || result.directory == full32;
        return full ? broken("its end record is that of a zip64 archive, but there is no other one")
                    : Expected<>();
    }
    const std::uint64_t locator = end - zip::locator_size;
    const std::uint64_t at = u64(file, locator + 8);
    if (u32(file, locator + 4) != 0 || u32(file, locator + 16) != 1) {
        return broken("it consists of several disks");
    }
    if (locator < zip::end64_size || at != locator - zip::end64_size ||
        u32(file, at) != zip::end64_signature || u64(file, at + 4) != zip::end64_size - 12) {
        return broken("its zip64 end record is not where, or not what, it should be");
    }
    if (u32(file, at + 16) != 0 || u32(file, at + 20) != 0 ||
        u64(file, at + 24) != u64(file, at + 32)) {
        return broken("it consists of several disks");
    }
    const auto agree = [](std::uint64_t classic, std::uint64_t full, std::uint64_t wide) {
        return classic == full || classic == wide;
    };
    const std::uint64_t count = u64(file, at + 32);
    const std::uint64_t size = u64(file, at + 40);
    const std::uint64_t directory = u64(file, at + 48);
    if (!agree(result.count, full16, count) || !agree(result.size, full32, size) ||
        !agree(result.directory, full32, directory)) {
        return broken("its two end records contradict each other");
    }
    result.count = count;
    result.size = size;
    result.directory = directory;
    result.records = at;
    return {};
}

Expected<End> read_end(ByteView file) {
    if (file.size() < zip::end_size || as_text(file.first(2)) != "PK") {
        return std::unexpected(Error{ErrorCode::archive, "it is not a zip archive", {}, "", {}});
    }
    End end;
    const auto at = find_end(file, end.trailing_zeros);
    if (!at) {
        return broken("its end record is missing or not at the end");
    }
    if (u16(file, *at + 4) != 0 || u16(file, *at + 6) != 0 ||
        u16(file, *at + 8) != u16(file, *at + 10)) {
        return broken("it consists of several disks");
    }
    end.records = *at;
    end.count = u16(file, *at + 10);
    end.size = u32(file, *at + 12);
    end.directory = u32(file, *at + 16);
    end.comment = to_text(file.subspan(*at + zip::end_size, u16(file, *at + 20)));
    if (holds_signature(end.comment)) {
        return broken("its comment holds another archive");
    }
    if (auto wide = read_end64(file, *at, end); !wide) {
        return propagate(wide);
    }
    if (end.size > end.records || end.directory != end.records - end.size) {
        return broken("its directory does not end where its end record begins");
    }
    return end;
}

Expected<> check_flags(const ZipMember& member, std::uint16_t flags) {
    if ((flags & flags_refused) != 0) {
        return broken(fmt::format("{} is encrypted or patched data", shown(member.name)));
    }
    if (member.method != zip::stored && member.method != zip::deflated) {
        return broken(fmt::format("{} has compression method {}; wheels may be stored or deflated",
                                  shown(member.name), member.method));
    }
    if (member.method == zip::stored && member.size != member.packed) {
        return broken(fmt::format("{} is stored with two different sizes", shown(member.name)));
    }
    return {};
}

Expected<> check_limits(const ZipMember& member, const ZipLimits& limits, std::uint64_t& total) {
    if (member.size > limits.max_member_bytes) {
        return broken(fmt::format("{} unpacks to more than the limit of {}", shown(member.name),
                                  human_size(limits.max_member_bytes)));
    }
    if (member.size >= limits.ratio_from && member.size / limits.max_ratio > member.packed) {
        return broken(fmt::format("{} is packed beyond the limit of {} to 1", shown(member.name),
                                  limits.max_ratio));
    }
    total += member.size; // each is bounded, and so is their number
    if (total > limits.max_total_bytes) {
        return broken(fmt::format("it unpacks to more than the limit of {}",
                                  human_size(limits.max_total_bytes)));
    }
    return {};
}

struct Entry {
    ZipMember member;
    std::uint16_t flags = 0;
};

Expected<Entry> read_central(ByteView file, std::uint64_t& at, std::uint64_t stop,
                             const ZipLimits& limits) {
    if (stop - at < zip::central_size || u32(file, at) != zip::central_signature) {
        return broken("its directory has another length than its end record says");
    }
    const std::uint64_t name_size = u16(file, at + 28);
    const std::uint64_t extra_size = u16(file, at + 30);
    const std::uint64_t next = zip::central_size + name_size + extra_size + u16(file, at + 32);
    if (next > stop - at) {
        return broken("its directory is cut off");
    }
    if (name_size > limits.max_name_bytes) {
        return broken(
            fmt::format("a member's name is longer than {} bytes", limits.max_name_bytes));
    }
    Entry entry;
    ZipMember& member = entry.member;
    member.name = to_text(file.subspan(at + zip::central_size, name_size));
    entry.flags = u16(file, at + 8);
    member.utf8 = (entry.flags & zip::flag_utf8) != 0;
    member.method = u16(file, at + 10);
    member.crc32 = u32(file, at + 16);
    member.mode = u32(file, at + 38) >> 16U;
    zip::Sizes sizes{u32(file, at + 24), u32(file, at + 20), u32(file, at + 42)};
    const ByteView extra = file.subspan(at + zip::central_size + name_size, extra_size);
    if (const char* fault = zip::apply_extra(extra, member.name, sizes)) {
        return broken(fmt::format("{}: {}", shown(member.name), fault));
    }
    if (u16(file, at + 34) != 0) {
        return broken("it consists of several disks");
    }
    member.size = sizes.size;
    member.packed = sizes.packed;
    member.header = *sizes.offset;
    at += next;
    return entry;
}

// The local header says what the directory says. Sets `data`.
Expected<> read_local(ByteView file, std::uint64_t stop, Entry& entry) {
    ZipMember& member = entry.member;
    const auto differs = [&](std::string_view what) {
        return broken(fmt::format("{}: its header and the directory give two different {}",
                                  shown(member.name), what));
    };
    const std::uint64_t at = member.header;
    if (stop - at < zip::local_size || u32(file, at) != zip::local_signature) {
        return broken(fmt::format("{} is not where the directory says", shown(member.name)));
    }
    const std::uint64_t name_size = u16(file, at + 26);
    const std::uint64_t extra_size = u16(file, at + 28);
    if (stop - at < zip::local_size + name_size + extra_size) {
        return broken(fmt::format("{} is cut off", shown(member.name)));
    }
    if (as_text(file.subspan(at + zip::local_size, name_size)) != member.name) {
        return differs("names");
    }
    const std::uint16_t flags = u16(file, at + 6);
    constexpr std::uint16_t compared = flags_refused | flag_descriptor;
    if ((flags & compared) != (entry.flags & compared) || u16(file, at + 8) != member.method) {
        return differs("kinds");
    }
    zip::Sizes sizes{u32(file, at + 22), u32(file, at + 18), std::nullopt};
    const ByteView extra = file.subspan(at + zip::local_size + name_size, extra_size);
    if (const char* fault = zip::apply_extra(extra, member.name, sizes)) {
        return broken(fmt::format("{}: {}", shown(member.name), fault));
    }
    // With a descriptor the header may leave them zero.
    const bool later = (flags & flag_descriptor) != 0;
    const std::uint32_t crc = u32(file, at + 14);
    if (crc != member.crc32 && !(later && crc == 0)) {
        return differs("CRC values");
    }
    const auto fits = [&](std::uint64_t local, std::uint64_t central) {
        return local == central || (later && (local == 0 || local == full32));
    };
    if (!fits(sizes.size, member.size) || !fits(sizes.packed, member.packed)) {
        return differs("sizes");
    }
    member.data = at + zip::local_size + name_size + extra_size;
    if (member.packed > stop - member.data) {
        return broken(fmt::format("{} is cut off", shown(member.name)));
    }
    return {};
}

// What follows the data up to the next member is a data descriptor that agrees, or nothing.
Expected<> check_gap(ByteView file, const Entry& entry, std::uint64_t next) {
    const ZipMember& member = entry.member;
    std::uint64_t at = member.data + member.packed;
    if (at > next) {
        return broken(fmt::format("{} overlaps with another member", shown(member.name)));
    }
    std::uint64_t gap = next - at;
    if ((entry.flags & flag_descriptor) == 0) {
        return gap == 0 ? Expected<>()
                        : broken(fmt::format("behind {} lie bytes that the directory does not name",
                                             shown(member.name)));
    }
    if ((gap == 16 || gap == 24) && u32(file, at) == zip::descriptor_signature) {
        at += 4;
        gap -= 4;
    }
    const unsigned width = gap == 12 ? 4 : 8;
    if ((gap != 12 && gap != 20) || u32(file, at) != member.crc32 ||
        zip::number_at(file, at + 4, width) != member.packed ||
        zip::number_at(file, at + 4 + width, width) != member.size) {
        return broken(
            fmt::format("the data descriptor of {} contradicts the directory", shown(member.name)));
    }
    return {};
}

Expected<> check_row(ByteView file, const End& end, std::vector<Entry>& entries) {
    std::vector<Entry*> in_file;
    for (Entry& entry : entries) {
        if (entry.member.header > end.directory) {
            return broken(fmt::format("{} lies outside of the file", shown(entry.member.name)));
        }
        if (auto local = read_local(file, end.directory, entry); !local) {
            return local;
        }
        in_file.push_back(&entry);
    }
    std::ranges::stable_sort(in_file, {}, [](const Entry* e) { return e->member.header; });
    const std::uint64_t first = in_file.empty() ? end.directory : in_file.front()->member.header;
    if (first != 0) {
        return broken("bytes lie before its first member");
    }
    for (std::size_t i = 0; i < in_file.size(); ++i) {
        const bool last = i + 1 == in_file.size();
        const std::uint64_t next = last ? end.directory : in_file[i + 1]->member.header;
        if (auto checked = check_gap(file, *in_file[i], next); !checked) {
            return checked;
        }
    }
    return {};
}

} // namespace

Expected<ZipLayout> read_zip_layout(ByteView file, const ZipLimits& limits) {
    auto end = read_end(file);
    if (!end) {
        return propagate(end);
    }
    if (end->count > limits.max_members) {
        return broken(fmt::format("it has more members than the limit of {}", limits.max_members));
    }
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    std::uint64_t at = end->directory;
    for (std::uint64_t i = 0; i < end->count; ++i) {
        auto entry = read_central(file, at, end->records, limits);
        if (!entry) {
            return propagate(entry);
        }
        if (auto flags = check_flags(entry->member, entry->flags); !flags) {
            return propagate(flags);
        }
        if (auto bounded = check_limits(entry->member, limits, total); !bounded) {
            return propagate(bounded);
        }
        entries.push_back(std::move(*entry));
    }
    if (at != end->records) {
        return broken("its directory has another length than its end record says");
    }
    if (auto row = check_row(file, *end, entries); !row) {
        return propagate(row);
    }
    ZipLayout layout{{}, end->directory, std::move(end->comment), end->trailing_zeros};
    layout.members.reserve(entries.size());
    for (Entry& entry : entries) {
        layout.members.push_back(std::move(entry.member));
    }
    return layout;
}

} // namespace pymode

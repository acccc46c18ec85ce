// SPDX-License-Identifier: MIT
// Zip archives byte by byte, wrong ones too: every field of a header can be something else than it
// should be.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pymode::test {

std::string number(std::uint64_t value, unsigned width);
std::string extra_field(std::uint16_t id, std::string_view content);

struct ZipEntry {
    std::string name = {};
    std::string content = {};
    std::uint32_t mode = 0100644;
    bool deflate = false;
    std::uint16_t method_override = 0; // when not 0
    std::uint16_t flags = 0x0800;      // UTF-8
    std::string local_extra = {};
    std::string central_extra = {};
    std::optional<std::string> local_name = {};
    std::optional<std::uint32_t> local_crc = {};
    std::optional<std::uint32_t> crc = {};          // in both headers
    std::optional<std::uint64_t> size = {};         // in both headers
    std::optional<std::uint32_t> local_size32 = {}; // with zip64 fields: what stands in the header
    std::optional<std::uint32_t> local_packed32 = {};
    std::optional<std::string> descriptor =
        {}; // after the data; sets flag 3 and empties the header
    bool in_directory = true;
    bool in_file = true;
    std::optional<std::uint64_t> offset = {}; // in the directory

    [[nodiscard]] std::string packed() const;
    [[nodiscard]] std::uint32_t real_crc() const;
};

struct ZipFile {
    std::vector<ZipEntry> entries;
    std::string prefix;
    std::string suffix;
    std::string comment;
    std::optional<std::uint16_t> count;
    std::uint16_t disk = 0;
    bool zip64 = false;            // with the end record and locator of zip64
    std::string zip64_extension;   // behind the zip64 end record's fields
    std::uint64_t zip64_shift = 0; // added to the directory's offset there

    [[nodiscard]] std::string build() const;
    ZipEntry& entry(std::string_view name);
};

} // namespace pymode::test

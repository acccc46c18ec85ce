// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/install/zip_builder.hpp"

#include <stdexcept>

#include "core/packaging/install/zip_layout.hpp"

namespace pymode::test {

namespace {

std::string local_header(const ZipEntry& entry) {
    const bool later = entry.descriptor.has_value();
    const std::string name = entry.local_name.value_or(entry.name);
    const std::uint64_t size = entry.size.value_or(entry.content.size());
    const std::uint32_t crc = entry.local_crc.value_or(entry.crc.value_or(entry.real_crc()));
    const std::uint16_t method =
        entry.method_override != 0 ? entry.method_override : (entry.deflate ? 8 : 0);
    return number(0x04034b50, 4) + number(20, 2) + number(entry.flags | (later ? 8U : 0U), 2) +
           number(method, 2) + number(0, 2) + number(33, 2) + number(later ? 0 : crc, 4) +
           number(later ? entry.local_packed32.value_or(0)
                        : entry.local_packed32.value_or(entry.packed().size()),
                  4) +
           number(later ? entry.local_size32.value_or(0) : entry.local_size32.value_or(size), 4) +
           number(name.size(), 2) + number(entry.local_extra.size(), 2) + name + entry.local_extra;
}

std::string central_header(const ZipEntry& entry, std::uint64_t offset) {
    const std::uint16_t method =
        entry.method_override != 0 ? entry.method_override : (entry.deflate ? 8 : 0);
    return number(0x02014b50, 4) + number(0x0314, 2) + number(20, 2) +
           number(entry.flags | (entry.descriptor ? 8U : 0U), 2) + number(method, 2) +
           number(0, 2) + number(33, 2) + number(entry.crc.value_or(entry.real_crc()), 4) +
           number(entry.packed().size(), 4) + number(entry.size.value_or(entry.content.size()), 4) +
           number(entry.name.size(), 2) + number(entry.central_extra.size(), 2) + number(0, 2) +
           number(0, 2) + number(0, 2) + number(std::uint64_t{entry.mode} << 16U, 4) +
           number(entry.offset.value_or(offset), 4) + entry.name + entry.central_extra;
}

} // namespace

std::string number(std::uint64_t value, unsigned width) {
    std::string bytes;
    for (unsigned i = 0; i < width; ++i) {
        bytes += static_cast<char>(value >> (8 * i));
    }
    return bytes;
}

std::string extra_field(std::uint16_t id, std::string_view content) {
    return number(id, 2) + number(content.size(), 2) + std::string(content);
}

std::string ZipEntry::packed() const {
    return deflate ? to_text(deflate_bytes(as_bytes(content))) : content;
}

std::uint32_t ZipEntry::real_crc() const {
    return crc32_of(as_bytes(content));
}

std::string ZipFile::build() const {
    std::string file = prefix;
    std::string directory;
    std::uint16_t listed = 0;
    for (const ZipEntry& entry : entries) {
        if (entry.in_directory) {
            directory += central_header(entry, file.size());
            ++listed;
        }
        if (entry.in_file) {
            file += local_header(entry) + entry.packed() + entry.descriptor.value_or("");
        }
    }
    const std::uint64_t offset = file.size();
    file += directory;
    const std::uint16_t said = count.value_or(listed);
    if (zip64) {
        const std::uint64_t at = file.size();
        file += number(0x06064b50, 4) + number(44 + zip64_extension.size(), 8) + number(45, 2) +
                number(45, 2) + number(0, 4) + number(0, 4) + number(said, 8) + number(said, 8) +
                number(directory.size(), 8) + number(offset + zip64_shift, 8) + zip64_extension;
        file += number(0x07064b50, 4) + number(0, 4) + number(at, 8) + number(1, 4);
    }
    file += number(0x06054b50, 4) + number(disk, 2) + number(disk, 2) + number(said, 2) +
            number(said, 2) + number(directory.size(), 4) + number(offset, 4) +
            number(comment.size(), 2) + comment;
    return file + suffix;
}

ZipEntry& ZipFile::entry(std::string_view name) {
    for (ZipEntry& candidate : entries) {
        if (candidate.name == name) {
            return candidate;
        }
    }
    throw std::out_of_range("no entry " + std::string(name));
}

} // namespace pymode::test

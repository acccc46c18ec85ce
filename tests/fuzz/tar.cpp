// SPDX-License-Identifier: MIT
// Source archives: the bytes as they are, and as the content of a gzip file, so that what is found
// lies in the reader of tar and not in the checksum of gzip.
#include <algorithm>
#include <set>

#include "core/base/archive.hpp"
#include "core/base/tar.hpp"
#include "core/packaging/install/zip_bytes.hpp"
#include "core/packaging/install/zip_layout.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

namespace {

constexpr TarLimits limits{.max_members = 50, .max_total_bytes = 1 << 20};

// RFC 1952 with stored blocks of RFC 1951.
Bytes stored_gzip(ByteView content) {
    constexpr std::size_t largest = 0xFFFF;
    constexpr unsigned char head[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF};
    const auto head_bytes = std::as_bytes(std::span(head));
    Bytes file(head_bytes.begin(), head_bytes.end());
    std::size_t at = 0;
    do {
        const ByteView block = content.subspan(at, std::min(largest, content.size() - at));
        at += block.size();
        zip::put(file, at == content.size() ? 1 : 0, 1);
        zip::put(file, block.size(), 2);
        zip::put(file, ~block.size() & largest, 2);
        file.insert(file.end(), block.begin(), block.end());
    } while (at < content.size());
    zip::put(file, crc32_of(content), 4);
    zip::put(file, content.size(), 4);
    return file;
}

void read(ByteView gzipped) {
    const auto files = read_tar_gz(gzipped, limits);
    if (!files) {
        fuzz::demand(files.error().code == ErrorCode::archive,
                     "what is refused is called an archive");
        return;
    }
    std::set<std::string_view> paths;
    std::uint64_t total = 0;
    fuzz::demand(files->size() <= limits.max_members, "the number of members is limited");
    for (const TarFile& file : *files) {
        fuzz::demand(check_archive_path(file.path).has_value(), "every path is a safe one");
        fuzz::demand(paths.insert(file.path).second, "every path is there once");
        total += file.content.size();
    }
    fuzz::demand(total <= limits.max_total_bytes, "the total is limited");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    read(bytes);
    read(stored_gzip(bytes));
    return 0;
}

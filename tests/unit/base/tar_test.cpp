// SPDX-License-Identifier: MIT
#include <array>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <zlib.h>

#include "core/base/tar.hpp"

using namespace pymode;

namespace {

std::string gzip(const std::string& text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(text.size() + 1024, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // NOLINT
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string padded(std::string text, std::size_t size) {
    text.resize(size, '\0');
    return text;
}

std::string header(const std::string& name, std::size_t size, char type,
                   const std::string& prefix = "") {
    std::string block = padded(name, 100) + padded("0000644", 8) + padded("", 16) +
                        padded(fmt::format("{:011o}", size), 12) + padded("", 12) + "        " +
                        type + padded("", 100) + padded("ustar", 6) + "00" + padded("", 80) +
                        padded(prefix, 155);
    block = padded(block, 512);
    unsigned sum = 0;
    for (const char c : block) {
        sum += static_cast<unsigned char>(c);
    }
    block.replace(148, 8, padded(fmt::format("{:06o}", sum), 7) + " ");
    return block;
}

std::string file(const std::string& name, const std::string& content, char type = '0',
                 const std::string& prefix = "") {
    return header(name, content.size(), type, prefix) +
           padded(content, (content.size() + 511) / 512 * 512);
}

const std::string end(1024, '\0');

Expected<std::vector<TarFile>> read(const std::string& tar, const TarLimits& limits = {}) {
    return read_tar_gz(as_bytes(gzip(tar)), limits);
}

} // namespace

TEST_CASE("files are read, folders are implied, headers for long names count") {
    const std::string pax_record = "30 path=top/pax/a-longer-name\n";
    REQUIRE(pax_record.size() == 30);
    const auto files =
        read(file("top/", "", '5') + file("top/a.c", "int a;") + file("b.c", "b", '0', "top/src") +
             file("PaxHeader", pax_record, 'x') + file("short", "pax") +
             file("././@LongLink", std::string("top/gnu-name\0", 13), 'L') + file("short", "gnu") +
             file("pax_global_header", "x", 'g') + file("./top/dot", "") + end);
    REQUIRE(files);
    std::vector<std::pair<std::string, std::string>> found;
    for (const TarFile& each : *files) {
        found.emplace_back(each.path, to_text(each.content));
    }
    CHECK(found ==
          std::vector<std::pair<std::string, std::string>>{{"top/a.c", "int a;"},
                                                           {"top/src/b.c", "b"},
                                                           {"top/pax/a-longer-name", "pax"},
                                                           {"top/gnu-name", "gnu"},
                                                           {"top/dot", ""}});
}

TEST_CASE("what an archive may not be is refused") {
    std::string wrong_sum = file("top/a", "x");
    wrong_sum[0] = 'T';
    std::string huge = header("top/a", 1, '0');
    const std::vector<std::pair<const char*, std::string>> rows = {
        {"leaves the archive", file("top/../../etc", "x") + end},
        {"absolute", file("/etc/passwd", "x") + end},
        {"a link", file("top/link", "", '2') + end},
        {"a hard link", file("top/link", "", '1') + end},
        {"a device", file("top/null", "", '3') + end},
        {"twice", file("top/a", "x") + file("top/a", "y") + end},
        {"checksum", wrong_sum + end},
        {"no end", file("top/a", "x")},
        {"longer than the archive", header("top/a", 5000, '0') + padded("x", 512)},
        {"malformed pax", file("p", "9 path\n", 'x') + file("top/a", "x") + end},
        {"pax of a size that is not there", file("p", "12 size=999\n", 'x') + huge + end},
        {"nothing", ""}};
    for (const auto& [name, tar] : rows) {
        INFO(name);
        const auto files = read(tar);
        REQUIRE_FALSE(files);
        CHECK(files.error().code == ErrorCode::archive);
    }
    CHECK_FALSE(read_tar_gz(as_bytes("no gzip at all")));
    const std::string whole = gzip(file("top/a", std::string(3000, 'x')) + end);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK_FALSE(read_tar_gz(as_bytes(std::string_view(whole).substr(0, size))));
    }
}

TEST_CASE("limits hold") {
    const std::string tar = file("top/a", std::string(4096, 'x')) + file("top/b", "") + end;
    CHECK(read(tar, {.max_members = 2, .max_total_bytes = tar.size()}));
    CHECK_FALSE(read(tar, {.max_members = 1}));
    CHECK_FALSE(read(tar, {.max_total_bytes = tar.size() - 1}));
}

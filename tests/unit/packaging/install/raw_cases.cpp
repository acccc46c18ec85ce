// SPDX-License-Identifier: MIT
// The structural cases: what is wrong with the bytes of the archive itself.
#include <fmt/format.h>

#include "core/packaging/install/zip_layout.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

namespace pymode::test {

namespace {

using Change = void (*)(WheelDraftCase&);

ZipEntry& first(WheelDraftCase& wheel) {
    return wheel.zip.entries.front(); // NAME/__init__.py
}

std::string descriptor(const ZipEntry& entry, unsigned width, int crc = 0, int packed = 0,
                       int size = 0) {
    return number(0x08074b50, 4) + number(entry.real_crc() + static_cast<unsigned>(crc), 4) +
           number(entry.packed().size() + static_cast<unsigned>(packed), width) +
           number(entry.content.size() + static_cast<unsigned>(size), width);
}

std::string zip64_field(const ZipEntry& entry, unsigned size, unsigned packed) {
    return extra_field(1, number(entry.content.size() + size, 8) +
                              number(entry.packed().size() + packed, 8));
}

std::string unicode_path(const std::string& name) {
    return extra_field(0x7075, number(1, 1) + number(crc32_of(as_bytes(name)), 4) + name);
}

// A member whose header leaves its sizes to the zip64 field.
void in_zip64(WheelDraftCase& wheel, unsigned size, unsigned packed) {
    ZipEntry& entry = first(wheel);
    entry.local_size32 = 0xFFFFFFFF;
    entry.local_packed32 = 0xFFFFFFFF;
    entry.local_extra = zip64_field(entry, size, packed);
}

std::string small_zip() {
    ZipFile inner;
    inner.entries.push_back({.name = "inner.py", .content = "x"});
    return inner.build();
}

const std::map<std::string, Change>& changes() {
    static const std::map<std::string, Change> table = {
        {"comment", [](WheelDraftCase& w) { w.zip.comment = "a comment"; }},
        {"data_descriptor",
         [](WheelDraftCase& w) { first(w).descriptor = descriptor(first(w), 4); }},
        {"data_descriptor_zip64",
         [](WheelDraftCase& w) { first(w).descriptor = descriptor(first(w), 8); }},
        {"deflate",
         [](WheelDraftCase& w) {
             for (ZipEntry& entry : w.zip.entries) {
                 entry.deflate = true;
             }
         }},
        {"normal_deflate_zip64_extra",
         [](WheelDraftCase& w) {
             first(w).deflate = true;
             in_zip64(w, 0, 0);
         }},
        {"store", [](WheelDraftCase&) {}},
        {"subdir",
         [](WheelDraftCase& w) {
             w.zip.entries.insert(w.zip.entries.begin(), {.name = "demo/", .mode = 040755});
         }},
        {"zip64_eocd", [](WheelDraftCase& w) { w.zip.zip64 = true; }},
        {"prefix", [](WheelDraftCase& w) { w.zip.prefix = "PK#!/bin/sh\n"; }},
        {"suffix_not_comment", [](WheelDraftCase& w) { w.zip.suffix = "more"; }},
        {"cd_extra_entry",
         [](WheelDraftCase& w) {
             w.zip.entries.push_back({.name = "demo/ghost.py", .content = "", .in_file = false});
         }},
        {"cd_missing_entry",
         [](WheelDraftCase& w) {
             w.zip.entries.insert(
                 w.zip.entries.begin() + 1,
                 {.name = "demo/hidden.py", .content = "x", .in_directory = false});
         }},
        {"data_descriptor_bad_crc",
         [](WheelDraftCase& w) { first(w).descriptor = descriptor(first(w), 4, 1); }},
        {"data_descriptor_bad_csize",
         [](WheelDraftCase& w) { first(w).descriptor = descriptor(first(w), 4, 0, 1); }},
        {"data_descriptor_bad_usize",
         [](WheelDraftCase& w) { first(w).descriptor = descriptor(first(w), 4, 0, 0, 1); }},
        {"dupe_eocd",
         [](WheelDraftCase& w) {
             const std::string file = w.zip.build();
             w.zip.suffix = file.substr(file.size() - 22);
         }},
        {"shortextra",
         [](WheelDraftCase& w) {
             first(w).central_extra = number(0x9999, 2) + number(100, 2) + "short";
         }},
        {"zip64_extra_csize", [](WheelDraftCase& w) { in_zip64(w, 0, 5); }},
        {"zip64_extra_usize", [](WheelDraftCase& w) { in_zip64(w, 5, 0); }},
        {"zip64_eocd_extensible_data",
         [](WheelDraftCase& w) {
             w.zip.zip64 = true;
             w.zip.zip64_extension = "extension";
         }},
        {"second_unicode_extra",
         [](WheelDraftCase& w) {
             first(w).central_extra = unicode_path(first(w).name) + unicode_path("demo/other.py");
         }},
        {"short_usize",
         [](WheelDraftCase& w) {
             first(w).deflate = true;
             first(w).size = first(w).content.size() - 1;
         }},
        {"zip64_eocd_confusion",
         [](WheelDraftCase& w) {
             w.zip.zip64 = true;
             w.zip.zip64_shift = 64;
         }},
        {"unicode_extra_chain",
         [](WheelDraftCase& w) { first(w).central_extra = unicode_path("demo/other.py"); }},
        {"zipinzip", [](WheelDraftCase& w) { w.zip.comment = small_zip(); }},
        {"8bitcomment",
         [](WheelDraftCase& w) { w.zip.comment = "\xF0\xE1 " + small_zip() + "\xFF"; }},
        {"extra3byte",
         [](WheelDraftCase& w) {
             first(w).central_extra = "abc";
             first(w).local_extra = "abc";
         }},
        {"zip-trailing-nul", [](WheelDraftCase& w) { w.zip.suffix = std::string(490, '\0'); }},
        {"zip-lfh-cd-name-differs",
         [](WheelDraftCase& w) {
             w.add("demo/b.py", "x");
             w.fill_record();
             w.zip.entry("demo/b.py").local_name = "demo/a.py";
         }},
        {"zip-lfh-cd-crc-differs", [](WheelDraftCase& w) { first(w).local_crc = 1; }},
        {"zip-count-differs", [](WheelDraftCase& w) { w.zip.count = 5; }},
        {"zip-overlapping-entries",
         [](WheelDraftCase& w) {
             ZipEntry copy = first(w);
             copy.in_file = false;
             copy.offset = 0;
             w.zip.entries.push_back(copy);
         }},
        {"zip-empty", [](WheelDraftCase& w) { w.zip.entries.clear(); }},
        {"zip-encrypted", [](WheelDraftCase& w) { first(w).flags |= 1U; }},
        {"zip-bzip2", [](WheelDraftCase& w) { first(w).method_override = 12; }},
        {"zip-zstd", [](WheelDraftCase& w) { first(w).method_override = 93; }},
        {"zip-multi-disk", [](WheelDraftCase& w) { w.zip.disk = 1; }},
        {"zip-bad-crc", [](WheelDraftCase&) {}}, // see finish_raw
        {"zip-truncated", [](WheelDraftCase&) {}},
        {"zip-not-a-zip", [](WheelDraftCase&) {}},
        {"bomb-total-size",
         [](WheelDraftCase& w) {
             w.zip.entries.insert(w.zip.entries.begin(),
                                  {.name = "demo/big.bin", .size = std::uint64_t{3} << 30});
             first(w).deflate = true;
         }},
        {"bomb-ratio",
         [](WheelDraftCase& w) {
             w.add("demo/zeros.bin", std::string(std::size_t{101} << 20, '\0'));
             w.zip.entry("demo/zeros.bin").deflate = true;
         }},
        {"bomb-entry-count",
         [](WheelDraftCase& w) {
             // More than 65,535 need the zip64 end record.
             for (int i = 0; i < 200'000; ++i) {
                 w.add(fmt::format("demo/{}.txt", i), "");
             }
             w.zip.zip64 = true;
         }},
        {"bomb-record",
         [](WheelDraftCase& w) {
             ZipEntry& record = w.zip.entries.back();
             record.content = std::string(std::size_t{300} << 20, 'x');
             record.deflate = true;
         }},
    };
    return table;
}

} // namespace

bool apply_raw(const std::string& name, WheelDraftCase& wheel) {
    const auto found = changes().find(name);
    if (found == changes().end()) {
        return false;
    }
    found->second(wheel);
    return true;
}

std::string finish_raw(const std::string& name, std::string bytes) {
    if (name == "zip-bad-crc") {
        bytes[bytes.find("# base") + 2] = 'B';
    } else if (name == "zip-truncated") {
        bytes.resize(bytes.size() - 30);
    } else if (name == "zip-not-a-zip") {
        bytes = "<!DOCTYPE html><title>502 Bad Gateway</title>" + std::string(100, ' ');
    }
    return bytes;
}

} // namespace pymode::test

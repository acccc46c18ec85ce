// SPDX-License-Identifier: MIT
#include "core/packaging/index/partial_zip.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "core/base/archive.hpp"
#include "tests/unit/support/index_server.hpp"

using namespace pymode;

namespace {

// The METADATA, and how many bytes were asked for.
struct Reading {
    Expected<std::string> text;
    std::uint64_t bytes = 0;
    int parts = 0;
};

Reading read(const Bytes& wheel) {
    Reading reading;
    reading.text = read_wheel_metadata(wheel.size(), [&](ByteRange range) -> Expected<Bytes> {
        REQUIRE(range.size > 0);
        REQUIRE(range.offset + range.size <= wheel.size());
        reading.bytes += range.size;
        ++reading.parts;
        const ByteView part = ByteView(wheel).subspan(range.offset, range.size);
        return Bytes(part.begin(), part.end());
    });
    return reading;
}

void put(Bytes& bytes, std::size_t at, std::initializer_list<int> values) {
    for (const int value : values) {
        bytes.at(at++) = static_cast<std::byte>(value);
    }
}

// Of the last occurrence of a signature.
std::size_t find_last(const Bytes& bytes, std::string_view signature) {
    return as_text(bytes).rfind(signature);
}

const test::WheelSpec spec{"demo", "1.0", {"dep"}};

} // namespace

TEST_CASE("METADATA of a whole wheel in few and small parts") {
    CHECK(read(test::make_wheel(spec)).text == test::make_metadata(spec));
    auto big = spec;
    big.padding = 1'000'000;
    const Reading reading = read(test::make_wheel(big));
    CHECK(reading.text == test::make_metadata(big));
    CHECK(reading.parts == 2);
    CHECK(reading.bytes < 20'000);
}

TEST_CASE("a comment at the end, and many members") {
    Bytes wheel = test::make_wheel(spec);
    const std::size_t end = find_last(wheel, "PK\x05\x06");
    for (const std::size_t size : {1U, 20'000U, 65'535U}) {
        Bytes commented = wheel;
        put(commented, end + 20, {static_cast<int>(size & 0xFF), static_cast<int>(size >> 8)});
        commented.resize(commented.size() + size, std::byte{'c'});
        CHECK(read(commented).text == test::make_metadata(spec));
    }
    ArchiveWriter writer;
    for (int i = 0; i < 3000; ++i) {
        REQUIRE(writer.add("demo/m" + std::to_string(i), to_bytes("x")));
    }
    REQUIRE(writer.add("demo-1.0.dist-info/METADATA", to_bytes("Name: demo\n")));
    REQUIRE(writer.add("demo/x.dist-info/METADATA", to_bytes("not this\n")));
    CHECK(read(writer.finish().value()).text == "Name: demo\n");
}

TEST_CASE("wheels that cannot be read") {
    Bytes wheel = test::make_wheel(spec);
    const std::size_t end = find_last(wheel, "PK\x05\x06");
    const std::size_t entry = as_text(wheel).find("PK\x01\x02");
    std::string word;
    SECTION("no archive") {
        wheel = to_bytes("not a zip archive at all, but long enough");
        word = "not a zip archive";
    }
    SECTION("empty") {
        wheel.clear();
        word = "not a zip archive";
    }
    SECTION("cut off") {
        wheel.resize(wheel.size() - 5);
        word = "not a zip archive";
    }
    SECTION("64 bit") {
        put(wheel, end + 16, {0xFF, 0xFF, 0xFF, 0xFF});
        word = "64-bit";
    }
    SECTION("the directory elsewhere") {
        put(wheel, end + 16, {1, 0, 0, 0});
        word = "does not fit";
    }
    SECTION("a broken directory") {
        put(wheel, entry, {'X'});
        word = "broken";
    }
    SECTION("more entries than there are") {
        put(wheel, end + 8, {6, 0, 6, 0});
        word = "broken";
    }
    SECTION("encrypted") {
        put(wheel, entry + 8, {1});
        word = "encrypted";
    }
    SECTION("unpacks to gigabytes") {
        put(wheel, entry + 24, {0xFF, 0xFF, 0xFF, 0x7F});
        word = "too large";
    }
    SECTION("unpacks to something else") {
        put(wheel, entry + 24, {1, 0, 0, 0});
        word = "damaged";
    }
    SECTION("a wrong checksum") {
        put(wheel, entry + 16, {1, 2, 3, 4});
        word = "damaged";
    }
    SECTION("another local header") {
        put(wheel, 30, {'X'});
        word = "does not lie where";
    }
    SECTION("without METADATA") {
        ArchiveWriter writer;
        REQUIRE(writer.add("demo/a", to_bytes("x")));
        wheel = writer.finish().value();
        word = "no METADATA";
    }
    SECTION("with two") {
        ArchiveWriter writer;
        REQUIRE(writer.add("a-1.dist-info/METADATA", to_bytes("x")));
        REQUIRE(writer.add("b-1.dist-info/METADATA", to_bytes("x")));
        wheel = writer.finish().value();
        word = "two METADATA";
    }
    const Reading reading = read(wheel);
    REQUIRE_FALSE(reading.text);
    CHECK(reading.text.error().code == ErrorCode::archive);
    CAPTURE(error_to_json(reading.text.error()));
    CHECK(reading.text.error().notes.at(0).find(word) != std::string::npos);
}

TEST_CASE("bytes outside of the archive are refused") {
    WheelMetadataReader reader(100);
    CHECK_FALSE(reader.give(101, {}));
    CHECK_FALSE(reader.give(99, as_bytes("xx")));
    CHECK(reader.give(98, as_bytes("xx")));
}

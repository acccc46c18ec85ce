// SPDX-License-Identifier: MIT
#include "core/base/archive.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <zip.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"

using namespace pymode;

namespace {

Bytes archive_of(const std::vector<std::pair<std::string, std::string>>& files,
                 Compress compress = Compress::yes) {
    ArchiveWriter writer;
    for (const auto& [path, text] : files) {
        REQUIRE(writer.add(path, to_bytes(text), compress));
    }
    return writer.finish().value();
}

// An archive as other people make them, without our writer's checks.
struct ForeignMember {
    std::string path;
    std::string text;
    std::uint32_t mode = 0100644;
};

Bytes foreign_archive(const std::vector<ForeignMember>& members) {
    const auto folder = TempDir::create().value();
    const fs::path path = folder.path() / "a.zip";
    int status = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, &status);
    REQUIRE(archive != nullptr);
    for (const ForeignMember& member : members) {
        zip_int64_t index = -1;
        if (member.path.ends_with('/')) {
            index = zip_dir_add(archive, member.path.c_str(), 0);
        } else {
            zip_source_t* source =
                zip_source_buffer(archive, member.text.data(), member.text.size(), 0);
            index = zip_file_add(archive, member.path.c_str(), source, 0);
        }
        REQUIRE(index >= 0);
        zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0,
                                         ZIP_OPSYS_UNIX, member.mode << 16U);
    }
    REQUIRE(zip_close(archive) == 0);
    return read_file(path, 1'000'000).value();
}

// Replaces every occurrence: libzip itself refuses to write some things we want to read.
Bytes with_replaced(Bytes bytes, std::string_view from, std::string_view to) {
    std::string text = to_text(bytes);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return to_bytes(text);
}

} // namespace

TEST_CASE("what is written is read again") {
    std::string all;
    for (int i = 0; i < 70'000; ++i) {
        all += static_cast<char>(i * 7 % 251);
    }
    const auto compress = GENERATE(Compress::yes, Compress::no);
    const Bytes bytes =
        archive_of({{"b/data.bin", all}, {"a.txt", "hello"}, {"empty", ""}}, compress);
    const auto reader = ArchiveReader::from_memory(bytes).value();
    REQUIRE(reader.members().size() == 3);
    CHECK(reader.members()[0].path == "a.txt");
    CHECK(reader.members()[1].path == "b/data.bin");
    CHECK(reader.members()[0].mode == 0644);
    CHECK(to_text(reader.read(*reader.find("b/data.bin")).value()) == all);
    CHECK(to_text(reader.read(*reader.find("a.txt")).value()) == "hello");
    CHECK(reader.read(*reader.find("empty"))->empty());
    CHECK(reader.find("c") == nullptr);
}

TEST_CASE("the same content gives the same bytes, in whatever order it comes") {
    const Bytes one = archive_of({{"x", "1"}, {"a/b", "2"}, {"é", "3"}});
    const Bytes two = archive_of({{"é", "3"}, {"a/b", "2"}, {"x", "1"}});
    CHECK(one == two);
    // Known bytes: a change of the format would change every deployed bundle.
    CHECK(sha256_hex(archive_of({{"x", "1"}}, Compress::no)) ==
          "609589b67464cb62df559f33cb8510d25d7bf67a39bf993900bb709cc657fbc8");
}

TEST_CASE("an archive without members") {
    const Bytes bytes = ArchiveWriter().finish().value();
    CHECK(bytes.size() == 22);
    CHECK(ArchiveReader::from_memory(bytes)->members().empty());
}

TEST_CASE("the writer refuses bad and repeated paths") {
    ArchiveWriter writer;
    CHECK(writer.add("a", {}));
    CHECK(writer.add("a", {}).error().code == ErrorCode::archive);
    CHECK_FALSE(writer.add("../a", {}));
    CHECK_FALSE(writer.add("folder/", {}));
}

TEST_CASE("paths in archives") {
    for (const char* good : {"a", "a/b.py", "folder/", "é/ü", "...", "a b", ".hidden"}) {
        CAPTURE(good);
        CHECK(check_archive_path(good).has_value());
    }
    const std::string bad[] = {"",
                               "/",
                               "/etc/passwd",
                               "../x",
                               "a/../b",
                               "a/..",
                               "./a",
                               "a//b",
                               "a\\b",
                               "C:/x",
                               "c:x",
                               "a\nb",
                               "a\x7F",
                               "\xFF",
                               "a/./b",
                               "//",
                               ".",
                               "..",
                               std::string("a\0b", 3),
                               std::string(1025, 'x')};
    for (const std::string& path : bad) {
        CAPTURE(path);
        CHECK(check_archive_path(path).error().code == ErrorCode::archive);
    }
}

TEST_CASE("hostile archives are refused before anything is read") {
    const auto refused = [](const Bytes& bytes, const ArchiveLimits& limits = {}) {
        const auto reader = ArchiveReader::from_memory(bytes, limits);
        return !reader && reader.error().code == ErrorCode::archive;
    };
    CHECK(refused({}));
    CHECK(refused(to_bytes("PK but not really")));
    CHECK(refused(foreign_archive({{"../../etc/x", "boo"}})));
    CHECK(refused(foreign_archive({{"/abs", "boo"}})));
    CHECK(refused(foreign_archive({{"a", "file"}, {"a/b", "below a file"}})));
    CHECK(refused(
        with_replaced(foreign_archive({{"name1", "x"}, {"name2", "y"}}), "name2", "name1")));
    const Bytes three = archive_of({{"a", "12345"}, {"b", "12345"}, {"c", "12345"}});
    CHECK_FALSE(refused(three));
    CHECK(refused(three, {.max_members = 2}));
    CHECK(refused(three, {.max_archive_bytes = 10}));
    CHECK(refused(three, {.max_member_bytes = 4}));
    CHECK(refused(three, {.max_total_bytes = 14}));
    const Bytes bomb = archive_of({{"zeros", std::string(2 << 20, '\0')}});
    CHECK(bomb.size() < 10'000);
    CHECK(refused(bomb));
    CHECK_FALSE(refused(bomb, {.max_ratio = 2000}));
    Bytes cut = three;
    cut.resize(cut.size() - 30);
    CHECK(refused(cut));
}

TEST_CASE("wrong content is noticed when it is read") {
    const Bytes good = archive_of({{"a", "the content"}}, Compress::no);
    const auto reader = ArchiveReader::from_memory(good).value();
    CHECK(reader.read(reader.members()[0]));
    const Bytes bad = with_replaced(good, "the content", "The content");
    const auto changed = ArchiveReader::from_memory(bad).value();
    CHECK(changed.read(changed.members()[0]).error().code == ErrorCode::archive);
}

TEST_CASE("folders and links are told apart") {
    const Bytes bytes = foreign_archive(
        {{"folder/", "", 0040755}, {"link", "/etc/passwd", 0120777}, {"run", "#!", 0100755}});
    const auto reader = ArchiveReader::from_memory(bytes).value();
    CHECK(reader.find("folder")->is_directory);
    CHECK(reader.find("link")->is_symlink);
    CHECK_FALSE(reader.find("run")->is_symlink);
    CHECK(reader.find("run")->mode == 0755);
}

TEST_CASE("archives in files") {
    const auto folder = TempDir::create().value();
    const fs::path path = folder.path() / "a.zip";
    REQUIRE(write_file_atomic(path, archive_of({{"a", "text"}})));
    const auto reader = ArchiveReader::open(path).value();
    CHECK(to_text(reader.read(*reader.find("a")).value()) == "text");
    CHECK(ArchiveReader::open(folder.path() / "none").error().code == ErrorCode::not_found);
    REQUIRE(write_file_atomic(path, std::string_view("nonsense")));
    CHECK(ArchiveReader::open(path).error().notes.back().ends_with("a.zip"));
}

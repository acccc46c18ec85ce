// SPDX-License-Identifier: MIT
#include "core/base/file.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/lock.hpp"

using namespace pymode;

namespace {

struct Folder {
    TempDir temporary = TempDir::create().value();
    [[nodiscard]] fs::path operator/(const char* name) const { return temporary.path() / name; }
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(temporary.path()), {}));
    }
};

std::string text_of(const fs::path& path) {
    return read_text_file(path, 1000).value();
}

} // namespace

TEST_CASE("reads are bounded and of regular files only") {
    const Folder folder;
    REQUIRE(write_file_atomic(folder / "a", std::string_view("12345")));
    CHECK(text_of(folder / "a") == "12345");
    CHECK(read_file(folder / "a", 5)->size() == 5);
    CHECK(read_file(folder / "a", 4).error().code == ErrorCode::io);
    CHECK(read_file(folder / "b", 4).error().code == ErrorCode::not_found);
    CHECK(read_file(folder.temporary.path(), 4).error().code == ErrorCode::io);
    REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(read_file(folder / "fifo", 4).error().code == ErrorCode::io);
    CHECK(read_text_file("/proc/self/status", 100'000)->starts_with("Name:")); // size 0 by stat
}

TEST_CASE("a write replaces the whole file or nothing") {
    const Folder folder;
    const fs::path path = folder / "x";
    REQUIRE(write_file_atomic(path, std::string_view("old"), 0600));
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600U);
    {
        auto file = AtomicFile::create(path);
        REQUIRE(file);
        REQUIRE(file->write(as_bytes("half")));
        CHECK(text_of(path) == "old");
    } // not committed
    CHECK(text_of(path) == "old");
    CHECK(folder.count() == 1);
    auto file = AtomicFile::create(path).value();
    REQUIRE(file.write(as_bytes("new ")));
    REQUIRE(file.write(as_bytes("text")));
    REQUIRE(file.commit());
    CHECK(text_of(path) == "new text");
    CHECK(file.commit().error().code == ErrorCode::internal);
    CHECK(write_file_atomic(folder / "no" / "y", std::string_view("")).error().code ==
          ErrorCode::not_found);
    CHECK(folder.count() == 1);
}

TEST_CASE("temporary folders go away with their content") {
    fs::path path;
    {
        const auto folder = TempDir::create().value();
        path = folder.path();
        REQUIRE(make_directories(path / "a" / "b"));
        REQUIRE(write_file_atomic(path / "a" / "b" / "c", std::string_view("x")));
    }
    CHECK_FALSE(fs::exists(path));
    CHECK(TempDir::create("/nowhere").error().code == ErrorCode::io);
}

TEST_CASE("a folder is replaced as a whole") {
    const Folder folder;
    const auto stage = [&](const char* text) {
        REQUIRE(make_directories(folder / "staged"));
        REQUIRE(write_file_atomic(folder / "staged" / "f", std::string_view(text)));
    };
    stage("one");
    REQUIRE(replace_directory(folder / "staged", folder / "target"));
    CHECK(text_of(folder / "target" / "f") == "one");
    stage("two");
    REQUIRE(write_file_atomic(folder / "target" / "old", std::string_view("")));
    REQUIRE(replace_directory(folder / "staged", folder / "target"));
    CHECK(text_of(folder / "target" / "f") == "two");
    CHECK_FALSE(fs::exists(folder / "target" / "old"));
    CHECK(folder.count() == 1);
    REQUIRE(write_file_atomic(folder / "file", std::string_view("")));
    stage("three");
    CHECK_FALSE(replace_directory(folder / "staged", folder / "file"));
    CHECK(fs::exists(folder / "staged" / "f"));
}

TEST_CASE("trees are listed sorted, links are not followed") {
    const Folder folder;
    REQUIRE(make_directories(folder / "b" / "sub"));
    REQUIRE(make_directories(folder / "skip" / "deep"));
    REQUIRE(write_file_atomic(folder / "b" / "sub" / "x", std::string_view("123"), 0755));
    REQUIRE(write_file_atomic(folder / "b.txt", std::string_view("")));
    REQUIRE(write_file_atomic(folder / "a", std::string_view("")));
    fs::create_symlink("/etc", folder / "link");
    TreeOptions options;
    options.keep = [](const TreeEntry& entry) { return entry.path != "skip"; };
    const auto entries = list_tree(folder.temporary.path(), options).value();
    std::vector<std::string> paths;
    for (const TreeEntry& entry : entries) {
        paths.push_back(entry.path);
    }
    CHECK(paths == std::vector<std::string>{"a", "b", "b.txt", "b/sub", "b/sub/x", "link"});
    CHECK(entries[4].size == 3);
    CHECK(entries[4].executable);
    CHECK(entries[5].kind == FileKind::symlink);
    options.max_entries = 3;
    CHECK_FALSE(list_tree(folder.temporary.path(), options));
    CHECK(list_tree(folder / "none").error().code == ErrorCode::not_found);
}

TEST_CASE("being within a folder is decided after links") {
    const Folder folder;
    REQUIRE(make_directories(folder / "root" / "in"));
    REQUIRE(make_directories(folder / "root2"));
    fs::create_symlink(folder / "root2", folder / "root" / "out");
    CHECK(is_within(folder / "root" / "in", folder / "root"));
    CHECK(is_within(folder / "root", folder / "root"));
    CHECK_FALSE(is_within(folder / "root2", folder / "root"));
    CHECK_FALSE(is_within(folder / "root" / "out", folder / "root"));
    CHECK_FALSE(is_within(folder / "none", folder / "root"));
}

TEST_CASE("removing does not follow links") {
    const Folder folder;
    REQUIRE(make_directories(folder / "kept"));
    REQUIRE(make_directories(folder / "gone"));
    REQUIRE(write_file_atomic(folder / "kept" / "f", std::string_view("")));
    fs::create_symlink(folder / "kept", folder / "gone" / "link");
    REQUIRE(remove_tree(folder / "gone"));
    CHECK(fs::exists(folder / "kept" / "f"));
    CHECK_FALSE(fs::exists(folder / "gone"));
    CHECK(remove_tree(folder / "gone"));
}

TEST_CASE("one holder of a lock at a time") {
    const Folder folder;
    const CancelToken cancel;
    {
        const auto first = FileLock::acquire(folder / "lock", cancel).value();
        CHECK_FALSE(FileLock::try_acquire(folder / "lock")->has_value());
        const CancelToken cancelled;
        cancelled.cancel();
        CHECK(FileLock::acquire(folder / "lock", cancelled).error().code == ErrorCode::cancelled);
    }
    CHECK(FileLock::try_acquire(folder / "lock")->has_value());
    CHECK(FileLock::try_acquire("/nowhere/lock").error().code == ErrorCode::io);
}

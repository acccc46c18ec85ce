// SPDX-License-Identifier: MIT
#include "core/packaging/index/cache.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/base/lock.hpp"
#include "core/packaging/index/cache_store.hpp"
#include "tests/unit/packaging/index/fixture.hpp"

using namespace pymode;
using namespace std::chrono_literals;
using test::IndexFixture;

namespace {

// Overwrites a file of the cache.
void spoil(const fs::path& path, const std::string& content) {
    REQUIRE(write_file_atomic(path, content));
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            found.push_back(entry.path());
        }
    }
    return found;
}

} // namespace

TEST_CASE("where the cache is") {
    CHECK(cache_dir(Env{{"PYMODE_CACHE_DIR", "/c"}, {"HOME", "/h"}}).value() == "/c");
    CHECK(cache_dir(Env{{"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}}).value() == "/x/pymode");
    CHECK(cache_dir(Env{{"XDG_CACHE_HOME", "x"}, {"HOME", "/h"}}).value() == "/h/.cache/pymode");
    CHECK(cache_dir(Env{{"PYMODE_CACHE_DIR", "c"}}).value().is_absolute());
    CHECK_FALSE(cache_dir(Env()));
}

TEST_CASE("whatever happens to a file of the cache, it is noticed and fetched anew") {
    IndexFixture f;
    f.server.add({"demo", "1.0", {"dep"}, 1000});
    f.options.refresh = false;
    const auto use = [&] {
        const auto source = f.source();
        const DistFile file = f.file(*source, "demo");
        CHECK(source->metadata(file).value()->requires_dist.size() == 1);
        const auto paths = source->fetch({&file, 1}, {}).value();
        CHECK(read_file(paths[0], 1 << 20).value() == f.server.projects["demo"][0].content);
    };
    use();
    const std::size_t cold = f.server.count();
    const std::string how = GENERATE("empty", "cut", "a byte", "garbage", "folder");
    CAPTURE(how);
    for (const fs::path& path : files_in(f.options.cache)) {
        if (path.filename() == ".lock" || path.filename() == "CACHEDIR.TAG") {
            continue;
        }
        std::string content = read_text_file(path, 1 << 20).value();
        if (how == "empty") {
            content.clear();
        } else if (how == "cut") {
            content.resize(content.size() / 2);
        } else if (how == "a byte") {
            content[content.size() - 3] = static_cast<char>(content[content.size() - 3] ^ 1);
        } else {
            content = "garbage";
        }
        if (how == "folder") {
            fs::remove(path);
        } else {
            spoil(path, content);
        }
    }
    use();
    // The METADATA may come from the wheel by then, if that was repaired first.
    CHECK(f.server.count() > cold);
    const std::size_t repaired = f.server.count();
    use();
    CHECK(f.server.count() == repaired);
}

TEST_CASE("entries carry a checksum") {
    const TempDir folder = TempDir::create().value();
    const fs::path path = folder.path() / "a" / "b";
    REQUIRE(write_cache_entry(path, "content"));
    CHECK(read_cache_entry(path) == "content");
    REQUIRE(write_cache_entry(path, ""));
    CHECK(read_cache_entry(path) == "");
    spoil(path, "");
    CHECK_FALSE(read_cache_entry(path));
    CHECK_FALSE(read_cache_entry(folder.path() / "none"));
    CHECK_FALSE(read_cache_entry(folder.path()));
}

TEST_CASE("size, clean, and what is not ours stays") {
    IndexFixture f;
    f.server.add({"demo", "1.0", {}, 5000});
    {
        const auto source = f.source();
        const DistFile file = f.file(*source, "demo");
        CHECK(source->metadata(file));
        CHECK(source->fetch({&file, 1}, {}));
    }
    REQUIRE(write_file_atomic(f.options.cache / "precious.txt", "mine"));
    REQUIRE(make_directories(f.options.cache / "my-folder"));
    REQUIRE(write_file_atomic(f.options.cache / "my-folder" / "x", "mine"));
    const CacheAmount size = cache_size(f.options.cache).value();
    CHECK(size.files == 3);
    CHECK(size.bytes > 5000);
    const CacheAmount removed = cache_clean(f.options.cache, f.cancel).value();
    CHECK(removed.files == size.files);
    CHECK(removed.bytes == size.bytes);
    CHECK(cache_size(f.options.cache).value().files == 0);
    CHECK(fs::exists(f.options.cache / "precious.txt"));
    CHECK(fs::exists(f.options.cache / "my-folder" / "x"));
    CHECK(cache_size(f.folder.path() / "none").value().files == 0);
    CHECK(cache_clean(f.folder.path() / "none", f.cancel).value().files == 0);
    CHECK(cache_prune(f.folder.path() / "none", f.clock, f.cancel).value().files == 0);
}

TEST_CASE("prune removes what is old, half-written or of another version") {
    IndexFixture f;
    const fs::path cache = f.options.cache;
    const auto now = fs::file_time_type::clock::from_sys(
        std::chrono::time_point_cast<fs::file_time_type::duration>(f.clock.wall_time()));
    const auto make = [&](const std::string& path, std::chrono::hours age) {
        REQUIRE(make_directories((cache / path).parent_path()));
        REQUIRE(write_file_atomic(cache / path, "x"));
        fs::last_write_time(cache / path, now - age);
    };
    make("simple-v1/a/new", 29 * 24h);
    make("simple-v1/a/old", 31 * 24h);
    make("wheels-v1/sha256/aa/new", 89 * 24h);
    make("wheels-v1/sha256/aa/old", 91 * 24h);
    make("wheels-v1/.incoming.Xyz", 0h);
    make("metadata-v1/sha256/aa/new", 89 * 24h);
    make("prepared-v2/new", 89 * 24h);
    make("prepared-v2/old", 91 * 24h);
    make("bytecode-v1/new", 89 * 24h);
    make("bytecode-v1/old", 91 * 24h);
    make("bytecode-v1/.new.Xyz123", 0h);
    make("prepared-v1/a", 0h);
    make("simple-v0/a/b", 0h);
    make("wheels-v12/a/b", 0h);
    make("other-v1/a", 1000 * 24h); // another layer's
    make("keep.txt", 1000 * 24h);
    const CacheAmount removed = cache_prune(cache, f.clock, f.cancel).value();
    CHECK(removed.files == 9);
    std::vector<std::string> left;
    for (const fs::path& path : files_in(cache)) {
        left.push_back(path.lexically_relative(cache).string());
    }
    std::ranges::sort(left);
    CHECK(left == std::vector<std::string>{".lock", "bytecode-v1/new", "keep.txt",
                                           "metadata-v1/sha256/aa/new", "other-v1/a",
                                           "prepared-v2/new", "simple-v1/a/new",
                                           "wheels-v1/sha256/aa/new"});
}

TEST_CASE("a wheel that is used does not get old") {
    IndexFixture f;
    f.server.add({"demo", "1.0"});
    const auto use = [&] {
        const auto source = f.source();
        const DistFile file = f.file(*source, "demo");
        return source->fetch({&file, 1}, {}).value().at(0);
    };
    const fs::path path = use();
    const auto now = fs::file_time_type::clock::from_sys(
        std::chrono::time_point_cast<fs::file_time_type::duration>(f.clock.wall_time()));
    fs::last_write_time(path, now - 80 * 24h);
    use();
    CHECK(now - fs::last_write_time(path) < 1h);
}

TEST_CASE("nobody cleans while a command runs, and commands run side by side") {
    IndexFixture f;
    const auto first = f.source();
    const auto second = f.source();
    const fs::path lock = f.options.cache / ".lock";
    CHECK_FALSE(FileLock::try_acquire(lock).value().has_value());
    CHECK(FileLock::try_acquire(lock, LockKind::shared).value().has_value());
    CancelToken impatient;
    impatient.cancel();
    const auto cleaned = cache_clean(f.options.cache, impatient);
    REQUIRE_FALSE(cleaned);
    CHECK(cleaned.error().code == ErrorCode::cancelled);
}

TEST_CASE("a place where no cache can be") {
    IndexFixture f;
    REQUIRE(write_file_atomic(f.folder.path() / "file", "x"));
    f.options.cache = f.folder.path() / "file" / "cache";
    const auto source = make_package_source(f.options, f.env, f.clock, f.cancel);
    REQUIRE_FALSE(source);
    CHECK(source.error().hint.find("PYMODE_CACHE_DIR") != std::string::npos);
    f.options.cache = f.folder.path() / "ok";
    f.options.indexes[0].url = "nonsense";
    CHECK(make_package_source(f.options, f.env, f.clock, f.cancel).error().code ==
          ErrorCode::config);
}

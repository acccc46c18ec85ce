// SPDX-License-Identifier: MIT
// From an installed archive to the one that travels: what is compiled, and what is kept of it.
#include <atomic>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/site_packages.hpp"
#include "core/packaging/install/zip_layout.hpp"
#include "tests/unit/packaging/install/install_fixture.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

struct BytecodeFixture : InstallFixture {
    BytecodeFixture() {
        options.compiler = "test-1";
        options.cache = folder.path() / "cache";
        options.on_detail = [this](const std::string& text) { details.push_back(text); };
        options.on_progress = [this](const CompileProgress& now) { progress.push_back(now); };
    }

    // `target`, as a bundle takes it.
    Expected<std::optional<SitePackages>> load() {
        compiled = 0;
        details.clear();
        progress.clear();
        return load_site_packages(
            target,
            [this](std::span<const SourceModule> modules) {
                compiled += modules.size();
                return fake_compile(modules);
            },
            options);
    }

    Bytes zip() {
        auto packages = load();
        INFO((packages ? "" : packages.error().message));
        REQUIRE(packages);
        REQUIRE(*packages);
        return std::move((*packages)->zip);
    }

    [[nodiscard]] fs::path bucket() const { return options.cache / bytecode_bucket; }

    BytecodeOptions options;
    std::atomic<std::size_t> compiled = 0; // modules, by the last `load`
    std::vector<std::string> details;
    std::vector<CompileProgress> progress;
};

std::string text_in(const Bytes& zip, const std::string& path) {
    const auto archive = ArchiveReader::from_memory(zip);
    const ArchiveMember* member = archive->find(path);
    return member == nullptr ? "(none)" : to_text(*archive->read(*member));
}

} // namespace

TEST_CASE_METHOD(BytecodeFixture, "every module travels with its bytecode, and RECORD lists all") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl",
                          {{"demo/a,b.txt", "x"}, {"demo/extra.py", "x = 1\n"}, {"top.py", ""}})}));
    const Bytes bytes = zip();
    CHECK(text_in(bytes, "demo/__pycache__/extra.cpython-313.pyc") ==
          "pyc of /lib/site-packages/demo/extra.pyx = 1\n");
    const auto archive = ArchiveReader::from_memory(bytes);
    std::vector<std::string> paths;
    const auto record = parse_record(text_in(bytes, "demo-1.0.dist-info/RECORD"));
    REQUIRE(record);
    for (const ArchiveMember& member : archive->members()) {
        paths.push_back(member.path);
        CAPTURE(member.path);
        CHECK(member.mode == 0644);
        const auto row = record->rows.find(member.path);
        REQUIRE(row != record->rows.end());
        if (!member.path.ends_with("/RECORD")) {
            CHECK(row->second.hash == record_hash(*archive->read(member)));
            CHECK(row->second.size == member.size);
        }
    }
    CHECK(paths ==
          std::vector<std::string>{"__pycache__/top.cpython-313.pyc",
                                   "demo-1.0.dist-info/INSTALLER", "demo-1.0.dist-info/METADATA",
                                   "demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/WHEEL",
                                   "demo/__init__.py", "demo/__pycache__/__init__.cpython-313.pyc",
                                   "demo/__pycache__/extra.cpython-313.pyc", "demo/a,b.txt",
                                   "demo/extra.py", "top.py"});
    CHECK(record->rows.size() == paths.size());
}

TEST_CASE_METHOD(BytecodeFixture, "small bytecode is stored, other bytecode deflated") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl",
                          {{"demo/big.py", std::string(1000, '#')}, {"demo/small.py", ""}})}));
    const Bytes bytes = zip();
    const auto layout = read_zip_layout(bytes);
    REQUIRE(layout);
    for (const ZipMember& member : layout->members) {
        if (member.name.ends_with(".pyc")) {
            CHECK((member.packed < member.size) == member.name.contains("big"));
        }
    }
}

TEST_CASE_METHOD(BytecodeFixture, "a module that does not compile stays as it is, and -v says so") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {{"demo/py2.py", "broken print 'x'"}})}));
    for (int run = 0; run < 2; ++run) { // the second time it is known
        const Bytes bytes = zip();
        CHECK(text_in(bytes, "demo/py2.py") == "broken print 'x'");
        CHECK(text_in(bytes, "demo/__pycache__/py2.cpython-313.pyc") == "(none)");
        CHECK(details == std::vector<std::string>{
                             "demo: not compiled: demo/py2.py: SyntaxError: invalid syntax "
                             "(line 1)"});
        CHECK((compiled > 0) == (run == 0));
    }
}

TEST_CASE_METHOD(BytecodeFixture, "native modules and words for the bundle") {
    const std::string wasm("\0asm\1\0\0\0", 8);
    REQUIRE(install({item("demo-1.0-cp313-cp313-pymode_1_wasm32.whl",
                          {{"demo/_x.cpython-313-wasm32-wasi.so", wasm},
                           {"demo/a.py", "import sqlite3\ntext = 'lzma'\n"}})}));
    const auto packages = load();
    REQUIRE(packages);
    REQUIRE(*packages);
    REQUIRE((*packages)->native.size() == 1);
    CHECK((*packages)->native[0].path == "demo/_x.cpython-313-wasm32-wasi.so");
    CHECK(as_text((*packages)->native[0].wasm) == wasm);
    CHECK((*packages)->words == std::vector<std::string>{"import", "sqlite3"});
}

TEST_CASE_METHOD(BytecodeFixture, "the same bytes, whatever is known of the packages") {
    const auto one = item("one-1.0-py3-none-any.whl", {{"one/x.py", "1"}});
    const auto two = item("two-2.0-py3-none-any.whl", {{"two/x.py", "2"}, {"two/y.py", "3"}});
    REQUIRE(install({one, two}));
    const fs::path cache = std::exchange(options.cache, {});
    const Bytes first = zip();
    CHECK(compiled == 5);
    CHECK(zip() == first); // nothing was kept
    CHECK(compiled == 5);
    options.cache = cache;
    CHECK(zip() == first);
    CHECK(compiled == 5);
    CHECK(zip() == first);
    CHECK(compiled == 0);
    CHECK(progress.empty());
    // Another project, with one of them.
    REQUIRE(install({two}));
    CHECK(zip() != first);
    CHECK(compiled == 0);
    // Another version of the compiler.
    options.compiler = "test-2";
    REQUIRE(install({one, two}));
    CHECK(zip() == first);
    CHECK(compiled == 5);
}

TEST_CASE_METHOD(BytecodeFixture, "damaged bytecode is made anew") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {{"demo/big.py", std::string(900, '#')}})}));
    const Bytes first = zip();
    const fs::path kept = only_file(bucket());
    const std::string good = *read_text_file(kept, 1 << 20);
    const std::string content = *read_cache_entry(kept);
    std::string flipped = good;
    flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
    for (const std::string& bad :
         {flipped, good.substr(0, good.size() - 1), std::string("pymode1\n"), std::string()}) {
        REQUIRE(write_file_atomic(kept, std::string_view(bad)));
        CHECK(zip() == first);
        CHECK(compiled == 2);
        CHECK(*read_text_file(kept, 1 << 20) == good);
    }
    // With a right checksum over what is none of ours.
    for (const std::string& bad : {std::string("no archive"), content.substr(0, 30), content + "x",
                                   replace_all(content, "hashes", "hushes")}) {
        REQUIRE(write_cache_entry(kept, bad));
        CHECK(zip() == first);
        CHECK(compiled == 2);
    }
}

TEST_CASE_METHOD(BytecodeFixture, "a changed archive gives nothing away to other projects") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {{"demo/a.py", "good = 1\n"}})}));
    // The same archive with another text in it; its CRC and size fit.
    ArchiveWriter writer;
    const auto archive = ArchiveReader::open(target);
    for (const ArchiveMember& member : archive->members()) {
        const bool changed = member.path == "demo/a.py";
        REQUIRE(writer.add(member.path, changed ? to_bytes("evil = 1\n") : *archive->read(member)));
    }
    REQUIRE(write_file_atomic(target, *writer.finish()));
    const auto refused = load();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.contains("demo/a.py was changed"));
    CHECK(refused.error().hint == "run `pymode install` to make it anew");
    CHECK(compiled == 0);
    CHECK_FALSE(fs::exists(bucket()));
}

TEST_CASE_METHOD(BytecodeFixture, "an archive that lacks what RECORD lists") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {{"demo/a.py", ""}})}));
    ArchiveWriter writer;
    const auto archive = ArchiveReader::open(target);
    for (const ArchiveMember& member : archive->members()) {
        if (member.path != "demo/a.py") {
            REQUIRE(writer.add(member.path, *archive->read(member)));
        }
    }
    REQUIRE(write_file_atomic(target, *writer.finish()));
    const auto refused = load();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.contains("it lacks demo/a.py"));
}

TEST_CASE_METHOD(BytecodeFixture, "a module that two packages have") {
    REQUIRE(install({item("one-1.0-py3-none-any.whl", {{"shared/x.py", "1"}}),
                     item("two-1.0-py3-none-any.whl", {{"shared/x.py", "1"}})}));
    const Bytes bytes = zip();
    const std::string pyc = "shared/__pycache__/x.cpython-313.pyc";
    CHECK(text_in(bytes, pyc) != "(none)");
    for (const char* record : {"one-1.0.dist-info/RECORD", "two-1.0.dist-info/RECORD"}) {
        CHECK(text_in(bytes, record).contains(pyc));
    }
}

TEST_CASE_METHOD(BytecodeFixture, "no packages, and packages without modules") {
    CHECK(*load() == std::nullopt);
    REQUIRE(install({}));
    CHECK((*load())->state.packages.empty());
    CHECK(progress.empty());
}

TEST_CASE_METHOD(BytecodeFixture, "empty modules are compiled by one compiler") {
    TestFiles files;
    for (int i = 0; i < 20; ++i) {
        files.emplace_back(fmt::format("demo/m{}.py", i), "");
    }
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", files)}));
    int calls = 0;
    const CompileFunction compile = [&](std::span<const SourceModule> modules) {
        ++calls;
        return fake_compile(modules);
    };
    REQUIRE(load_site_packages(target, compile, options));
    CHECK(calls == 1);
}

TEST_CASE_METHOD(BytecodeFixture, "progress goes up to all modules and ends") {
    TestFiles files;
    const std::string text(100'000, '#');
    for (int i = 0; i < 40; ++i) {
        files.emplace_back(fmt::format("demo/m{}.py", i), text);
    }
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", files)}));
    REQUIRE(zip().size() > 0);
    REQUIRE(progress.size() >= 3);
    for (std::size_t i = 0; i < progress.size(); ++i) {
        CHECK(progress[i].total == 41);
        CHECK(progress[i].ended == (i + 1 == progress.size()));
        CHECK((i == 0 || progress[i].done >= progress[i - 1].done));
    }
    CHECK(progress.front().done == 0);
    CHECK(progress.back().done == 41);
}

TEST_CASE_METHOD(BytecodeFixture, "what goes wrong is said, and nothing is kept") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {})}));
    const auto with = [&](const CompileFunction& compile) {
        progress.clear();
        return load_site_packages(target, compile, options);
    };
    const auto failed = with([](auto) { return fail(ErrorCode::tool, "no compiler"); });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "no compiler");
    CHECK(failed.error().code == ErrorCode::tool);
    CHECK(progress.back().ended);
    const auto short_answer = with([](auto) { return std::vector<CompiledModule>(); });
    REQUIRE_FALSE(short_answer);
    CHECK(short_answer.error().code == ErrorCode::internal);
    options.cancel.cancel();
    const auto cancelled = with(fake_compile);
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().code == ErrorCode::cancelled);
    CHECK_FALSE(fs::exists(bucket()));
}

TEST_CASE_METHOD(BytecodeFixture, "a cache that cannot be written makes no difference but time") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {})}));
    const Bytes first = zip();
    REQUIRE(write_file_atomic(folder.path() / "file", std::string_view("no folder")));
    options.cache = folder.path() / "file";
    std::vector<std::string> said;
    options.log = Log(LogLevel::info, [&](std::string_view line) { said.emplace_back(line); });
    for (int run = 0; run < 2; ++run) {
        CHECK(zip() == first);
        CHECK(compiled == 1);
    }
    CHECK(said.size() == 2);
    // The folder can be used, the bucket cannot.
    options.cache = folder.path() / "other";
    REQUIRE(make_directories(options.cache));
    REQUIRE(write_file_atomic(bucket(), std::string_view("no folder")));
    CHECK(zip() == first);
}

TEST_CASE_METHOD(BytecodeFixture, "the bucket is bounded: what is unused for longest goes") {
    const auto cache_of = [&](std::uint64_t most) {
        return *BytecodeCache::open({.root = options.cache, .compiler = "c", .max_bytes = most},
                                    {});
    };
    const auto module = [](int number) {
        return std::vector<PackageModule>{{fmt::format("m{}.py", number), "sha256=x", 0}};
    };
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {})}));
    REQUIRE(zip().size() > 0);
    const auto bytecode = *open_bytecode(*read_cache_entry(only_file(bucket())));
    const std::uint64_t size = fs::file_size(only_file(bucket()));
    fs::remove_all(bucket());
    const auto now = fs::file_time_type::clock::now();
    const BytecodeCache cache = cache_of(3 * size);
    for (int i = 0; i < 5; ++i) {
        cache.store(module(i), bytecode);
        const auto tree = *list_tree(bucket());
        for (const TreeEntry& entry : tree) {
            // Older than a day, so that being used shows; each a day older than the next.
            const auto path = bucket() / entry.path;
            if (now - fs::last_write_time(path) < std::chrono::hours(1)) {
                fs::last_write_time(path, now - std::chrono::hours(24 * (10 - i)));
            }
        }
    }
    CHECK(cache.load(module(0))); // used now
    cache.shrink();
    std::vector<int> left;
    for (int i = 0; i < 5; ++i) {
        if (cache.load(module(i))) {
            left.push_back(i);
        }
    }
    CHECK(left == std::vector{0, 3, 4});
}

// SPDX-License-Identifier: MIT
// What an installation makes of wheels that are fine.
#include <chrono>
#include <cstdlib>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/site_packages.hpp"
#include "core/pep/wheel_name.hpp"
#include "tests/unit/packaging/install/wheel_builder.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

struct Fixture {
    Fixture() : folder(*TempDir::create()), target(folder.path() / "p" / "site-packages.zip") {}

    [[nodiscard]] InstallItem item(const std::string& filename, const Files& files) const {
        WheelDraftCase wheel(filename);
        for (const auto& [path, text] : files) {
            wheel.add(path, text);
        }
        wheel.fill_record();
        return write_wheel(wheel, wheel.zip.build(), folder.path());
    }

    [[nodiscard]] Expected<InstallReport> install(const std::vector<InstallItem>& items,
                                                  InstallOptions options = {}) const {
        return install_wheels(items, options, fake_compile, target, {});
    }

    [[nodiscard]] std::vector<std::string> members() const {
        std::vector<std::string> paths;
        const auto archive = ArchiveReader::open(target);
        for (const ArchiveMember& member : archive->members()) {
            paths.push_back(member.path);
        }
        return paths;
    }

    [[nodiscard]] std::string text(const std::string& path) const {
        const auto archive = ArchiveReader::open(target);
        const ArchiveMember* member = archive->find(path);
        return member == nullptr ? "(none)" : to_text(*archive->read(*member));
    }

    [[nodiscard]] bool has(const std::string& path) const { return text(path) != "(none)"; }

    [[nodiscard]] std::string hash() const { return *sha256_file(target); }

    TempDir folder;
    fs::path target;
};

bool mentions(const std::vector<std::string>& texts, std::string_view wanted) {
    return join(texts, "\n").contains(wanted);
}

} // namespace

TEST_CASE_METHOD(Fixture,
                 "the archive has the modules, their bytecode and the dist-info, by name") {
    auto demo = item("demo-1.0-py3-none-any.whl",
                     {{"demo/data.pem", "PEM"},
                      {"demo-1.0.data/purelib/demo/extra.py", "x = 1\n"},
                      {"demo-1.0.dist-info/entry_points.txt", "[a.b]\nX = demo:f\n"},
                      {"demo-1.0.dist-info/licenses/LICENSE", "text"}});
    demo.requested = true;
    const auto report = install({demo});
    REQUIRE(report);
    CHECK(report->warnings.empty());
    CHECK(report->packages == std::vector<InstalledPackage>{{"demo", "1.0"}});
    CHECK(report->bytes == fs::file_size(target));
    CHECK(members() ==
          std::vector<std::string>{
              ".pymode.json", "demo-1.0.dist-info/INSTALLER", "demo-1.0.dist-info/METADATA",
              "demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/REQUESTED",
              "demo-1.0.dist-info/WHEEL", "demo-1.0.dist-info/entry_points.txt",
              "demo-1.0.dist-info/licenses/LICENSE", "demo/__init__.py",
              "demo/__pycache__/__init__.cpython-313.pyc", "demo/__pycache__/extra.cpython-313.pyc",
              "demo/data.pem", "demo/extra.py"});
    CHECK(text("demo/__pycache__/extra.cpython-313.pyc") ==
          "pyc of /lib/site-packages/demo/extra.pyx = 1\n");
    CHECK(text("demo-1.0.dist-info/INSTALLER") == "pymode\n");
    CHECK(text("demo-1.0.dist-info/entry_points.txt") == "[a.b]\nX = demo:f\n");
    const auto archive = ArchiveReader::open(target);
    for (const ArchiveMember& member : archive->members()) {
        CHECK(member.mode == 0644);
    }
}

TEST_CASE_METHOD(Fixture, "RECORD lists what is in the archive, with hash and size") {
    REQUIRE(install({item("demo-1.0-py3-none-any.whl", {{"demo/a,b.txt", "x"}})}));
    const auto record = parse_record(text("demo-1.0.dist-info/RECORD"));
    REQUIRE(record);
    for (const std::string& path : members()) {
        if (path == ".pymode.json") {
            continue;
        }
        CAPTURE(path);
        const auto row = record->rows.find(path);
        REQUIRE(row != record->rows.end());
        if (!path.ends_with("/RECORD")) {
            const std::string content = text(path);
            CHECK(row->second.hash == record_hash(as_bytes(content)));
            CHECK(row->second.size == content.size());
        }
    }
    CHECK(record->rows.size() + 1 == members().size());
}

TEST_CASE_METHOD(Fixture, "only a direct URL is recorded as one, and no folder of this machine") {
    auto demo = item("demo-1.0-py3-none-any.whl", {});
    demo.wheel.url = "https://index.example/demo-1.0-py3-none-any.whl";
    REQUIRE(install({demo}));
    CHECK_FALSE(has("demo-1.0.dist-info/direct_url.json"));
    demo.wheel.origin = Origin::direct;
    REQUIRE(install({demo}));
    CHECK(text("demo-1.0.dist-info/direct_url.json") ==
          fmt::format(R"({{"url":"{}","archive_info":{{"hashes":{{"sha256":"{}"}}}}}})",
                      demo.wheel.url, demo.wheel.hashes.at("sha256")));
    demo.wheel.url = "file:///home/somebody/demo-1.0-py3-none-any.whl";
    REQUIRE(install({demo}));
    CHECK_FALSE(text("demo-1.0.dist-info/direct_url.json").contains("somebody"));
}

TEST_CASE_METHOD(Fixture, "the same wheels give the same bytes, from the cache too") {
    const std::vector<InstallItem> items = {item("one-1.0-py3-none-any.whl", {{"one/x.py", "1"}}),
                                            item("two-2.0-py3-none-any.whl", {{"two/x.py", "2"}})};
    InstallOptions options;
    options.input_digest = "d";
    REQUIRE(install(items, options));
    const std::string first = hash();
    options.cache = folder.path() / "cache";
    for (int run = 0; run < 2; ++run) {
        REQUIRE(install({items[1], items[0]}, options));
        CHECK(hash() == first);
    }
    // The second of these runs took both from the cache: it did not even look at the wheels.
    fs::remove(items[0].path);
    REQUIRE(install(items, options));
    CHECK(hash() == first);
}

TEST_CASE_METHOD(Fixture, "an altered file in the cache is made anew") {
    const auto demo = item("demo-1.0-py3-none-any.whl", {});
    InstallOptions options;
    options.cache = folder.path() / "cache";
    REQUIRE(install({demo}, options));
    const std::string first = hash();
    const auto tree = list_tree(options.cache);
    for (const TreeEntry& entry : *tree) {
        if (entry.kind == FileKind::regular) {
            std::string content = *read_text_file(options.cache / entry.path, 1 << 20);
            content[content.find("# base")] = '%';
            REQUIRE(write_file_atomic(options.cache / entry.path, std::string_view(content)));
        }
    }
    REQUIRE(install({demo}, options));
    CHECK(hash() == first);
    // The wheel itself, altered: refused, and what was there stays.
    REQUIRE(write_file_atomic(demo.path, std::string_view("PK altered")));
    const auto refused = install({demo});
    REQUIRE_FALSE(refused);
    CHECK(mentions(refused.error().notes, "Expected"));
    CHECK(mentions(refused.error().notes, "Computed"));
    CHECK(hash() == first);
}

TEST_CASE_METHOD(Fixture, "a cached wheel does not get around the checks of this run") {
    InstallOptions options;
    options.cache = folder.path() / "cache";
    WheelDraftCase wheel;
    wheel.add("demo/a.py", "x");
    wheel.fill_record();
    wheel.zip.entry("demo/a.py").content = "y"; // no longer what RECORD says
    auto demo = write_wheel(wheel, wheel.zip.build(), folder.path());
    options.record = Check::warn;
    const auto warned = install({demo}, options);
    REQUIRE(warned);
    CHECK(mentions(warned->warnings, "demo: demo/a.py has another hash than RECORD says"));
    options.record = Check::reject;
    CHECK_FALSE(install({demo}, options));

    auto other = item("other-1.0-py3-none-any.whl", {});
    REQUIRE(install({other}, options));
    other.resolved_metadata =
        "Metadata-Version: 2.1\nName: other\nVersion: 1.0\nRequires-Dist: x\n";
    CHECK_FALSE(install({other}, options));
    options.metadata = Check::warn;
    CHECK(install({other}, options));
}

TEST_CASE_METHOD(Fixture, "what a Worker has no use for is trimmed, and nothing else") {
    const Files files = {{"demo/a.pyi", ""},
                         {"demo/fast.c", ""},
                         {"demo/tests/__init__.py", ""},
                         {"demo/tests/data/x.json", ""},
                         {"demo/testing/__init__.py", ""},
                         {"demo/test/__init__.py", ""},
                         {"demo/tests.py", ""},
                         {"demo/templates/tests/page.html", ""},
                         {"demo/py.typed", ""},
                         {"tests/test_demo.py", ""}};
    const auto demo = item("demo-1.0-py3-none-any.whl", files);
    const auto trimmed = install({demo});
    REQUIRE(trimmed);
    CHECK(mentions(trimmed->details, "demo: trimmed 5 files"));
    for (const auto& [path, text] : files) {
        CAPTURE(path);
        const bool kept = path.contains("testing") || path.contains("/test/") ||
                          path.ends_with("tests.py") || path.contains("templates") ||
                          path.ends_with("typed");
        CHECK(has(path) == kept);
    }
    InstallOptions options;
    options.trim = false;
    REQUIRE(install({demo}, options));
    for (const auto& [path, text] : files) {
        CHECK(has(path));
    }
}

TEST_CASE_METHOD(Fixture, "tests that a package imports itself stay") {
    REQUIRE(install(
        {item("demo-1.0-py3-none-any.whl",
              {{"demo/tests/__init__.py", ""}, {"demo/run.py", "from .tests import helper\n"}})}));
    CHECK(has("demo/tests/__init__.py"));
    REQUIRE(install({item("tests-1.0-py3-none-any.whl", {})}));
    CHECK(has("tests/__init__.py"));
}

TEST_CASE_METHOD(Fixture, "a module that does not compile stays as it is, and -v says so") {
    const auto report =
        install({item("demo-1.0-py3-none-any.whl", {{"demo/py2.py", "broken print 'x'"}})});
    REQUIRE(report);
    CHECK(report->warnings.empty());
    CHECK(mentions(report->details, "demo: not compiled: demo/py2.py: SyntaxError"));
    CHECK(has("demo/py2.py"));
    CHECK_FALSE(has("demo/__pycache__/py2.cpython-313.pyc"));
}

TEST_CASE_METHOD(Fixture, "one package's file is another's folder") {
    const auto clash = install({item("one-1.0-py3-none-any.whl", {{"shared", "x"}}),
                                item("two-1.0-py3-none-any.whl", {{"shared/x.py", "x"}})});
    REQUIRE_FALSE(clash);
    CHECK(clash.error().message == "one has the file shared, which is a folder of two");
    CHECK_FALSE(fs::exists(target));
}

TEST_CASE_METHOD(Fixture, "an archive says what is installed in it") {
    CHECK(*read_installed(target) == std::nullopt);
    InstallOptions options;
    options.input_digest = "digest of the lock";
    REQUIRE(
        install({item("zeta-1.0-py3-none-any.whl", {}), item("alpha-2.0rc1-py3-none-any.whl", {})},
                options));
    const auto state = read_installed(target);
    REQUIRE(state);
    REQUIRE(*state);
    CHECK((*state)->input_digest == "digest of the lock");
    CHECK((*state)->packages ==
          std::vector<InstalledPackage>{{"alpha", "2.0rc1"}, {"zeta", "1.0"}});
    REQUIRE(install({}));
    CHECK((*read_installed(target))->packages.empty());
    for (const std::string_view bytes : {"", "PK", "no archive at all, but long enough for one"}) {
        REQUIRE(write_file_atomic(target, bytes));
        const auto foreign = read_installed(target);
        REQUIRE_FALSE(foreign);
        CHECK(foreign.error().message.contains("cannot be used"));
    }
}

TEST_CASE_METHOD(Fixture, "native modules and words for the bundle") {
    const std::string wasm("\0asm\1\0\0\0", 8);
    REQUIRE(install({item("demo-1.0-cp313-cp313-pymode_1_wasm32.whl",
                          {{"demo/_x.cpython-313-wasm32-wasi.so", wasm},
                           {"demo/a.py", "import sqlite3\ntext = 'lzma'\n"}})}));
    const auto packages = load_site_packages(target);
    REQUIRE(packages);
    REQUIRE(*packages);
    REQUIRE((*packages)->native.size() == 1);
    CHECK((*packages)->native[0].path == "demo/_x.cpython-313-wasm32-wasi.so");
    CHECK(as_text((*packages)->native[0].wasm) == wasm);
    CHECK((*packages)->words == std::vector<std::string>{"import", "sqlite3"});
}

// With whatever python3 the machine has: it compiles what it finds.
TEST_CASE_METHOD(Fixture, "importlib.metadata understands the archive") {
    auto demo = item("demo-1.0-py3-none-any.whl",
                     {{"demo-1.0.dist-info/entry_points.txt", "[demo.plugins]\nX.y = demo:f\n"}});
    REQUIRE(install({demo}));
    ProcessOptions options;
    options.args = {"python3", "-I", "-c",
                    "import sys; sys.path.insert(0, sys.argv[1])\n"
                    "import demo, importlib.metadata as m\n"
                    "d = m.distribution('demo')\n"
                    "print(d.version, d.read_text('INSTALLER').strip(), len(d.files),\n"
                    "      [(e.name, e.value) for e in m.entry_points(group='demo.plugins')])\n",
                    target.string()};
    options.env = Env::capture();
    const auto result = run_process(options);
    REQUIRE(result);
    CHECK(result->err == "");
    CHECK(result->out == "1.0 pymode 7 [('X.y', 'demo:f')]\n");
}

TEST_CASE_METHOD(Fixture, "leftovers of a killed run go away") {
    REQUIRE(make_directories(target.parent_path()));
    const fs::path stale = target.parent_path() / ".site-packages.zip.aBc123";
    const fs::path other = target.parent_path() / ".site-packages.zip.orig";
    REQUIRE(write_file_atomic(stale, std::string_view("half")));
    REQUIRE(write_file_atomic(other, std::string_view("somebody's")));
    REQUIRE(install({}));
    CHECK_FALSE(fs::exists(stale));
    CHECK(fs::exists(other));
}

TEST_CASE_METHOD(Fixture, "a cancelled run changes nothing") {
    REQUIRE(install({}));
    const std::string before = hash();
    const CancelToken cancel;
    cancel.cancel();
    const auto report = install_wheels(std::vector{item("demo-1.0-py3-none-any.whl", {})}, {},
                                       fake_compile, target, cancel);
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::cancelled);
    CHECK(hash() == before);
}

// Not part of a run: PYMODE_BENCH_WHEELS=folder PYMODE_BENCH_PYTHON="pymode python" … "[.bench]"
TEST_CASE_METHOD(Fixture, "installing a folder of wheels", "[.bench]") {
    const char* wheels = std::getenv("PYMODE_BENCH_WHEELS");
    const char* program = std::getenv("PYMODE_BENCH_PYTHON");
    REQUIRE(wheels != nullptr);
    REQUIRE(program != nullptr);
    std::vector<std::string> python;
    for (const std::string_view part : split(program, ' ')) {
        python.emplace_back(part);
    }
    const Env env = Env::capture();
    const CompileModules compile = [&](std::span<const SourceModule> modules) {
        return compile_modules_with(python, env, modules);
    };
    std::vector<InstallItem> items;
    const auto tree = list_tree(wheels);
    for (const TreeEntry& entry : *tree) {
        const auto name = pep::WheelName::parse(entry.path);
        REQUIRE(name);
        InstallItem one;
        one.name = name->name;
        one.version = name->version;
        one.wheel.filename = entry.path;
        one.path = fs::path(wheels) / entry.path;
        one.wheel.hashes["sha256"] = *sha256_file(one.path);
        items.push_back(std::move(one));
    }
    InstallOptions options;
    options.cache = folder.path() / "cache";
    const char* out = std::getenv("PYMODE_BENCH_OUT");
    for (int run = 0; run < 5; ++run) {
        const auto start = std::chrono::steady_clock::now();
        const auto report =
            install_wheels(items, options, compile, out != nullptr ? out : target, {});
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        INFO((report ? "" : report.error().message));
        REQUIRE(report);
        fmt::print("run {}: {:.1f} ms, {} packages, {}\n", run, took.count(),
                   report->packages.size(), human_size(report->bytes));
        if (run == 0) {
            fmt::print("{}\n{}\n", join(report->warnings, "\n"), join(report->details, "\n"));
        }
    }
}

// SPDX-License-Identifier: MIT
// What an installation makes of wheels that are fine.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/record.hpp"
#include "core/packaging/install/state.hpp"
#include "tests/unit/packaging/install/install_fixture.hpp"

using namespace pymode;
using namespace pymode::test;

namespace {

bool mentions(const std::vector<std::string>& texts, std::string_view wanted) {
    return join(texts, "\n").contains(wanted);
}

} // namespace

TEST_CASE_METHOD(InstallFixture, "the archive has the modules and the dist-info, by name") {
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
          std::vector<std::string>{".pymode.json", "demo-1.0.dist-info/INSTALLER",
                                   "demo-1.0.dist-info/METADATA", "demo-1.0.dist-info/RECORD",
                                   "demo-1.0.dist-info/REQUESTED", "demo-1.0.dist-info/WHEEL",
                                   "demo-1.0.dist-info/entry_points.txt",
                                   "demo-1.0.dist-info/licenses/LICENSE", "demo/__init__.py",
                                   "demo/data.pem", "demo/extra.py"});
    CHECK(text("demo-1.0.dist-info/INSTALLER") == "pymode\n");
    CHECK(text("demo-1.0.dist-info/entry_points.txt") == "[a.b]\nX = demo:f\n");
    const auto archive = ArchiveReader::open(target);
    for (const ArchiveMember& member : archive->members()) {
        CHECK(member.mode == 0644);
    }
}

TEST_CASE_METHOD(InstallFixture, "RECORD lists what is in the archive, with hash and size") {
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

TEST_CASE_METHOD(InstallFixture,
                 "only a direct URL is recorded as one, and no folder of this machine") {
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

TEST_CASE_METHOD(InstallFixture, "the same wheels give the same bytes, from the cache too") {
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
}

TEST_CASE_METHOD(InstallFixture, "what checking a wheel found is kept, and taken the next time") {
    const auto demo = item("demo-1.0-py3-none-any.whl", {});
    InstallOptions options;
    options.cache = folder.path() / "cache";
    REQUIRE(install({demo}, options));
    const auto kept = only_file(options.cache / prepared_bucket);
    auto state = *parse_prepared_state(*read_cache_entry(kept));
    state.details.emplace_back("from the cache");
    REQUIRE(write_cache_entry(kept, write_prepared_state(state)));
    CHECK(mentions(install({demo}, options)->details, "demo: from the cache"));
    options.trim = false; // another question
    CHECK_FALSE(mentions(install({demo}, options)->details, "from the cache"));
}

TEST_CASE_METHOD(InstallFixture, "an altered file in the cache is made anew") {
    const auto demo = item("demo-1.0-py3-none-any.whl", {});
    InstallOptions options;
    options.cache = folder.path() / "cache";
    REQUIRE(install({demo}, options));
    const std::string first = hash();
    const auto kept = only_file(options.cache / prepared_bucket);
    const std::string good = *read_text_file(kept, 1 << 20);
    for (const std::string& bad : {replace_all(good, "demo/__init__.py", "demo/__evil__.py"),
                                   good.substr(0, good.size() / 2), std::string()}) {
        REQUIRE(write_file_atomic(kept, std::string_view(bad)));
        REQUIRE(install({demo}, options));
        CHECK(hash() == first);
        CHECK(*read_text_file(kept, 1 << 20) == good);
    }
    // The wheel itself, altered: refused, and what was there stays.
    REQUIRE(write_file_atomic(demo.path, std::string_view("PK altered")));
    const auto refused = install({demo});
    REQUIRE_FALSE(refused);
    CHECK(mentions(refused.error().notes, "Expected"));
    CHECK(mentions(refused.error().notes, "Computed"));
    CHECK(hash() == first);
}

TEST_CASE_METHOD(InstallFixture, "a cached wheel does not get around the checks of this run") {
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

TEST_CASE_METHOD(InstallFixture, "what a Worker has no use for is trimmed, and nothing else") {
    const TestFiles files = {{"demo/a.pyi", ""},
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

TEST_CASE_METHOD(InstallFixture, "tests that a package imports itself stay") {
    REQUIRE(install(
        {item("demo-1.0-py3-none-any.whl",
              {{"demo/tests/__init__.py", ""}, {"demo/run.py", "from .tests import helper\n"}})}));
    CHECK(has("demo/tests/__init__.py"));
    REQUIRE(install({item("tests-1.0-py3-none-any.whl", {})}));
    CHECK(has("tests/__init__.py"));
}

TEST_CASE_METHOD(InstallFixture, "one package's file is another's folder") {
    const auto clash = install({item("one-1.0-py3-none-any.whl", {{"shared", "x"}}),
                                item("two-1.0-py3-none-any.whl", {{"shared/x.py", "x"}})});
    REQUIRE_FALSE(clash);
    CHECK(clash.error().message == "one has the file shared, which is a folder of two");
    CHECK_FALSE(fs::exists(target));
}

TEST_CASE_METHOD(InstallFixture, "an archive says what is installed in it") {
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

// With whatever python3 the machine has: it compiles what it finds.
TEST_CASE_METHOD(InstallFixture, "importlib.metadata understands the archive") {
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
    CHECK(result->out == "1.0 pymode 6 [('X.y', 'demo:f')]\n");
}

TEST_CASE_METHOD(InstallFixture, "a cancelled run changes nothing") {
    REQUIRE(install({}));
    const std::string before = hash();
    const CancelToken cancel;
    cancel.cancel();
    const auto report =
        install_wheels(std::vector{item("demo-1.0-py3-none-any.whl", {})}, {}, target, cancel);
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::cancelled);
    CHECK(hash() == before);
}

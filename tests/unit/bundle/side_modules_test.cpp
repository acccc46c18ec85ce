// SPDX-License-Identifier: MIT
#include "core/bundle/side_modules.hpp"

#include <array>

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/bundle/bundle.hpp"

using namespace pymode;

namespace {

const std::vector<std::string> kAvailable = {"_lzma", "_sqlite3", "unicodedata"};
const SideModuleWords kRules = {{"_lzma", {"lzma", "tarfile"}}, {"_sqlite3", {"sqlite3"}}};

using Names = std::vector<std::string>;

Names selected(const Project& project, std::string_view source) {
    Words words;
    add_words(source, words);
    const auto result = select_side_modules(project, kAvailable, kRules, words);
    REQUIRE(result);
    return *result;
}

} // namespace

TEST_CASE("words are identifiers, wherever they stand") {
    Words words;
    add_words("import sqlite3, _x\n\"xml.etree\" # caf\xc3\xa9 a1", words);
    CHECK(words == Words{"import", "sqlite3", "_x", "xml", "etree", "caf", "a1"});
    add_words("", words);
    add_words("!?", words);
    CHECK(words.size() == 7);
}

TEST_CASE("a project gets the side modules that a word of it calls for") {
    struct Row {
        std::string source;
        Names names;
    };
    const auto row = GENERATE(values<Row>({
        {"", {"unicodedata"}},
        {"import sqlite3", {"_sqlite3", "unicodedata"}},
        {"import importlib; importlib.import_module('sqlite3')", {"_sqlite3", "unicodedata"}},
        {"from tarfile import open", {"_lzma", "unicodedata"}},
        {"mysqlite3 = sqlite3x = tarfiles = None", {"unicodedata"}},
        {"import lzma, sqlite3", {"_lzma", "_sqlite3", "unicodedata"}},
    }));
    CAPTURE(row.source);
    CHECK(selected({}, row.source) == row.names);
}

TEST_CASE("stdlib-modules adds what the rule does not see") {
    Project project;
    project.stdlib_modules = {"_sqlite3"};
    CHECK(selected(project, "import lzma") == kAvailable);
    CHECK(selected(project, "") == Names{"_sqlite3", "unicodedata"});
    project.stdlib_modules = {"all"};
    CHECK(selected(project, "") == kAvailable);
}

TEST_CASE("stdlib-modules names modules that there are") {
    Project project;
    project.stdlib_modules = {"sqlite3"};
    const auto near = select_side_modules(project, kAvailable, kRules, {});
    REQUIRE_FALSE(near);
    CHECK(near.error().code == ErrorCode::config);
    CHECK(near.error().message == "stdlib-modules under [tool.pymode] names `sqlite3`, which is no "
                                  "optional module of the standard library");
    CHECK(near.error().hint == "did you mean `_sqlite3`?");
    project.stdlib_modules = {"entirely-different"};
    const auto far = select_side_modules(project, kAvailable, kRules, {});
    REQUIRE_FALSE(far);
    CHECK(far.error().hint == "there are _lzma, _sqlite3, unicodedata");
}

TEST_CASE("the rules come from the runtime's manifest") {
    const auto rules = read_side_module_words(
        as_bytes(R"({"python": "3.13.5", "side_module_words": {"_a": ["b", "c"]}})"));
    REQUIRE(rules);
    CHECK(*rules == SideModuleWords{{"_a", {"b", "c"}}});
    for (const std::string_view damaged : {"", "[]", "{}", R"({"side_module_words": {"_a": 1}})"}) {
        CAPTURE(damaged);
        const auto refused = read_side_module_words(as_bytes(damaged));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::internal);
    }
}

TEST_CASE("a bundle has, and imports, the side modules that its Python files name") {
    const std::array<Asset, 6> assets = {
        {{"dynload/_lzma.wasm", as_bytes("l")},
         {"dynload/_sqlite3.wasm", as_bytes("s")},
         {"host.js", as_bytes("h")},
         {"manifest.json", as_bytes(R"({"side_module_words": {"_lzma": ["lzma"],
                                                              "_sqlite3": ["sqlite3"]}})")},
         {"python.wasm", as_bytes("p")},
         {"stdlib.zip", as_bytes("z")}}};
    const auto folder = TempDir::create();
    REQUIRE(folder);
    Project project;
    project.root = fs::canonical(folder->path());
    project.worker.main = "main.py";
    REQUIRE(write_file_atomic(project.root / "main.py", std::string_view("import sqlite3")));
    // Only Python files count.
    REQUIRE(write_file_atomic(project.root / "notes.txt", std::string_view("lzma")));
    const auto compile = [](std::span<const SourceModule> modules) {
        return Expected<std::vector<CompiledModule>>(
            {CompiledModule{modules.front().guest_path, {}, {"on_fetch"}}});
    };
    const auto bundle = make_bundle({project, assets, compile, {}});
    REQUIRE(bundle);
    CHECK(bundle->modules().back().name == "dynload/_sqlite3.wasm");
    const std::string_view script = as_text(bundle->modules().front().bytes);
    CHECK(script.contains("_sqlite3.wasm"));
    CHECK_FALSE(script.contains("_lzma"));
    for (const BundleModule& module : bundle->modules()) {
        CHECK(module.name != "dynload/_lzma.wasm");
    }
}

// SPDX-License-Identifier: MIT
// Recipes, their sources and their wheels; nothing here needs a compiler.
#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/archive.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/toolchain/compilers.hpp"
#include "core/toolchain/recipe.hpp"
#include "core/toolchain/recipe_sources.hpp"
#include "core/toolchain/recipe_wheel.hpp"
#include "core/toolchain/wasm_module.hpp"

using namespace pymode;

namespace {

nlohmann::json read_table(const char* name) {
    const auto text = read_text_file(fs::path(PYMODE_TEST_DATA) / name, 1 << 20);
    REQUIRE(text);
    return nlohmann::json::parse(*text);
}

Recipe good_recipe() {
    auto recipe = parse_recipe("demo.toml", read_table("recipes.json")["good"]);
    REQUIRE(recipe);
    return *std::move(recipe);
}

struct Folder {
    Folder() : temporary(*TempDir::create()), path(temporary.path()) {}

    void write(const std::string& name, std::string_view text, mode_t mode = 0644) const {
        REQUIRE(make_directories((path / name).parent_path()));
        REQUIRE(write_file_atomic(path / name, text, mode));
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        const auto text = read_text_file(path / name, 1 << 20);
        REQUIRE(text);
        return *text;
    }

    TempDir temporary;
    fs::path path;
};

// A tree of sources with what a wheel wants and what it does not.
void write_sources(const Folder& folder) {
    folder.write("PKG-INFO", "Metadata-Version: 2.4\nName: Demo\nVersion: 1.0\n"
                             "License-File: LICENSE\nRequires-Dist: idna>=2\n\ntext\n");
    folder.write("LICENSE", "free");
    folder.write("src/demo/__init__.py", "from ._fast import *\n");
    folder.write("src/demo/_fast.c", "a");
    folder.write("src/demo/_fast.h", "h");
    folder.write("src/demo/data/table.txt", "data");
    folder.write("src/demo/__pycache__/x.cpython-313.pyc", "pyc");
    folder.write("src/other/__init__.py", "");
}

std::string member(const ArchiveReader& archive, std::string_view path) {
    const ArchiveMember* found = archive.find(path);
    REQUIRE(found);
    return to_text(archive.read(*found).value());
}

} // namespace

TEST_CASE("a recipe is read") {
    const Recipe recipe = good_recipe();
    CHECK(recipe.name == "demo");
    CHECK(recipe.sdist->size == 10);
    CHECK(recipe.modules.at(0).sources == std::vector<std::string>{"src/demo/_fast.c", "@lib/a.c"});
    CHECK(module_path(recipe.modules.at(0)) == "demo/_fast.cpython-313-wasm32-wasi.so");
    CHECK(recipe.edits.at(0).replace.empty());
}

TEST_CASE("a recipe that is wrong says where") {
    const auto table = read_table("recipes.json");
    for (const auto& row : table["bad"]) {
        const std::string good = table["good"];
        REQUIRE(good.find(row["find"].get<std::string>()) != std::string::npos);
        const auto recipe =
            parse_recipe("demo.toml", replace_all(good, row["find"].get<std::string>(),
                                                  row["replace"].get<std::string>()));
        INFO(row.dump());
        REQUIRE_FALSE(recipe);
        CHECK(recipe.error().code == ErrorCode::config);
        CHECK_THAT(recipe.error().message,
                   Catch::Matchers::Contains(row["message"].get<std::string>()));
        if (row["line"] != 0) {
            REQUIRE(recipe.error().where);
            CHECK(recipe.error().where->line == row["line"].get<int>());
        }
    }
}

TEST_CASE("every recipe of the repository is read and has a test") {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(PYMODE_SOURCE_DIR) / "recipes")) {
        if (entry.path().extension() != ".toml") {
            continue;
        }
        ++count;
        const auto text = read_text_file(entry.path(), 1 << 20);
        REQUIRE(text);
        const auto recipe = parse_recipe(entry.path().string(), *text);
        INFO(entry.path());
        REQUIRE(recipe);
        CHECK(recipe->name == entry.path().stem());
        CHECK(recipe->sdist);
        CHECK(recipe->test.find("def check()") != std::string::npos);
        CHECK(recipe->test.find("def compare()") != std::string::npos);
    }
    CHECK(count >= 8);
}

TEST_CASE("sources are staged with the vendored ones and the edits; the originals stay") {
    const Folder source;
    const Folder library;
    const Folder stage;
    write_sources(source);
    source.write(".git/config", "x");
    library.write("a.c", "library");
    const Recipe recipe = good_recipe();
    REQUIRE(stage_sources(recipe, source.path, {{"lib", library.path}}, stage.path));
    CHECK(stage.read("src/demo/_fast.c").empty());
    CHECK(source.read("src/demo/_fast.c") == "a");
    CHECK(stage.read("vendored/lib/a.c") == "library");
    CHECK_FALSE(fs::exists(stage.path / ".git"));
}

TEST_CASE("an edit whose text stands twice or never is refused") {
    const Folder library;
    for (const char* text : {"aa", "b"}) {
        const Folder source;
        const Folder stage;
        write_sources(source);
        source.write("src/demo/_fast.c", text);
        const auto staged =
            stage_sources(good_recipe(), source.path, {{"lib", library.path}}, stage.path);
        REQUIRE_FALSE(staged);
        CHECK_THAT(staged.error().hint, Catch::Matchers::Contains("exactly once"));
    }
}

TEST_CASE("a source distribution with another checksum is not unpacked") {
    const Folder folder;
    const Folder stage;
    folder.write("demo-1.0.tar.gz", "0123456789");
    const auto staged =
        stage_sources(good_recipe(), folder.path / "demo-1.0.tar.gz", {}, stage.path);
    REQUIRE_FALSE(staged);
    CHECK(staged.error().code == ErrorCode::archive);
    CHECK(fs::is_empty(stage.path));
}

TEST_CASE("a vendored source that is not given is asked for") {
    const Folder source;
    const Folder stage;
    const auto staged = stage_sources(good_recipe(), source.path, {}, stage.path);
    REQUIRE_FALSE(staged);
    CHECK_THAT(staged.error().hint, Catch::Matchers::Contains("--vendored lib=FOLDER"));
}

TEST_CASE("a wheel has what belongs in it, and always the same bytes") {
    const Folder stage;
    write_sources(stage);
    stage.write("vendored/lib/COPYING", "too");
    const std::vector<BuiltModule> modules = {
        {"demo._fast", "demo/_fast.cpython-313-wasm32-wasi.so", to_bytes("wasm")}};
    const auto wheel = pack_wheel(good_recipe(), stage.path, modules);
    REQUIRE(wheel);
    CHECK(wheel->filename == "demo-1.0-cp313-cp313-pymode_1_wasm32.whl");
    CHECK(wheel->bytes == pack_wheel(good_recipe(), stage.path, modules).value().bytes);
    const auto archive = ArchiveReader::from_memory(wheel->bytes);
    REQUIRE(archive);
    std::vector<std::string> names;
    for (const ArchiveMember& entry : archive->members()) {
        names.push_back(entry.path);
    }
    CHECK(names == std::vector<std::string>{
                       "demo-1.0.dist-info/METADATA", "demo-1.0.dist-info/RECORD",
                       "demo-1.0.dist-info/WHEEL", "demo-1.0.dist-info/licenses/LICENSE",
                       "demo-1.0.dist-info/licenses/lib/COPYING", "demo/__init__.py",
                       "demo/_fast.cpython-313-wasm32-wasi.so", "demo/data/table.txt"});
    // printf free | openssl dgst -sha256 -binary | basenc --base64url
    CHECK_THAT(member(*archive, "demo-1.0.dist-info/RECORD"),
               Catch::Matchers::Contains("demo-1.0.dist-info/licenses/LICENSE,sha256="
                                         "rZXV-mUbqG2JI_4SONJKTxmIp1Ks_kJqxyrHwERxvBc,4\n") &&
                   Catch::Matchers::EndsWith("demo-1.0.dist-info/RECORD,,\n"));
    CHECK_THAT(member(*archive, "demo-1.0.dist-info/METADATA"),
               Catch::Matchers::Contains("Requires-Dist: idna>=2"));
}

TEST_CASE("sources of another version are noticed") {
    const Folder stage;
    write_sources(stage);
    stage.write("PKG-INFO", "Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n");
    const auto metadata = staged_metadata(good_recipe(), stage.path);
    REQUIRE_FALSE(metadata);
    CHECK(metadata.error().message ==
          "these are the sources of demo 1.1, the recipe is for demo 1.0");
}

TEST_CASE("a folder's recipe comes from setuptools' table") {
    const Folder folder;
    folder.write("pyproject.toml",
                 "[project]\nname = \"My_Ext\"\nversion = \"0.2\"\ndependencies = [\"idna>=2\"]\n"
                 "[[tool.setuptools.ext-modules]]\nname = \"my_ext._fast\"\n"
                 "sources = [\"src/my_ext/_fast.c\"]\ninclude-dirs = [\"include\"]\n"
                 "define-macros = [[\"A\"], [\"B\", \"2\"]]\nextra-compile-args = [\"-O1\"]\n");
    folder.write("src/my_ext/__init__.py", "");
    const auto recipe = read_folder_recipe(folder.path);
    REQUIRE(recipe);
    CHECK(recipe->name == "my-ext");
    CHECK(recipe->root == "src");
    CHECK(recipe->packages == std::vector<std::string>{"my_ext"});
    CHECK(recipe->modules.at(0).flags == std::vector<std::string>{"-O1", "-DA", "-DB=2"});
    const auto metadata = staged_metadata(*recipe, folder.path);
    REQUIRE(metadata);
    CHECK_THAT(*metadata, Catch::Matchers::Contains("Name: My_Ext\nVersion: 0.2\n") &&
                              Catch::Matchers::Contains("Requires-Dist: idna>=2\n"));
}

TEST_CASE("what a folder's recipe cannot mean is refused") {
    const char* const head = "[project]\nname = \"e\"\nversion = \"1\"\n";
    const char* const table =
        "[[tool.setuptools.ext-modules]]\nname = \"e._f\"\nsources = [\"e/f.c\"]\n";
    const std::vector<std::pair<std::string, std::string>> rows = {
        {head, "names no extension modules"},
        {std::string(head) + table + "libraries = [\"z\"]\n", "`libraries` has no meaning"},
        {std::string(head) + table, "lie in no package"},
        {table, "no [project] table"}};
    for (const auto& [text, message] : rows) {
        const Folder folder;
        folder.write("pyproject.toml", text);
        const auto recipe = read_folder_recipe(folder.path);
        INFO(text);
        REQUIRE_FALSE(recipe);
        CHECK_THAT(recipe.error().message, Catch::Matchers::Contains(message));
        CHECK_THAT(recipe.error().hint, Catch::Matchers::Contains("recipe.toml"));
    }
}

TEST_CASE(
    "zig is found in the active environment, in .venv and on PATH; another series is refused") {
    const Folder folder;
    const auto zig = [&](const std::string& place, const std::string& version) {
        folder.write(place, "#!/bin/sh\necho " + version + "\n", 0755);
        return folder.path / place;
    };
    const fs::path active = zig("active/lib/python3.13/site-packages/ziglang/zig", "0.17.1");
    const fs::path project =
        zig("project/.venv/lib/python3.12/site-packages/ziglang/zig", "0.17.0");
    const fs::path old = zig("bin/zig", "0.13.0");
    CompilerSearch search{folder.path / "project", Env{{"PATH", (folder.path / "bin").string()}}};
    CHECK(find_zig(search).value() == project);
    search.env.set("VIRTUAL_ENV", (folder.path / "active").string());
    CHECK(find_zig(search).value() == active);
    CHECK_FALSE(find_zig({{}, Env{{"PATH", (folder.path / "bin").string()}}}));
    const auto none = find_zig({{}, Env{{"PATH", "/nowhere"}}});
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ErrorCode::tool);
    CHECK(none.error().hint == kInstallZig);
    CHECK_FALSE(find_cython(search));
    const fs::path cython = zig("active/bin/cython", "x");
    CHECK(find_cython(search).value() == cython);
}

TEST_CASE("a module's imports and exports are read, and what is missing is named") {
    const auto text = [](std::string_view value) {
        return std::string(1, static_cast<char>(value.size())) + std::string(value);
    };
    const auto section = [](char kind, const std::string& body) {
        return std::string(1, kind) + static_cast<char>(body.size()) + body;
    };
    const std::string dylink = section(0, text("dylink.0") + std::string("\1\4\0\0\0\0", 6));
    const std::string imports = section(
        2, std::string("\4", 1) + text("env") + text("PyLong_FromLong") + std::string("\0\0", 2) +
               text("env") + text("memory") + std::string("\2\0\1", 3) + text("GOT.func") +
               text("own") + std::string("\3\x7f\1", 3) + text("env") + text("nowhere") +
               std::string("\0\0", 2));
    const std::string exports =
        section(7, std::string("\1", 1) + text("own") + std::string("\0\0", 2));
    const std::string module = std::string("\0asm\1\0\0\0", 8) + dylink + imports + exports;
    const auto linkage = read_wasm_linkage(as_bytes(module));
    REQUIRE(linkage);
    CHECK(linkage->is_side_module);
    CHECK(linkage->imports == std::vector<std::string>{"PyLong_FromLong", "nowhere", "own"});
    CHECK(missing_symbols(*linkage, {"PyLong_FromLong"}) == std::vector<std::string>{"nowhere"});
    for (std::size_t size = 0; size < module.size(); ++size) {
        const auto part = read_wasm_linkage(as_bytes(std::string_view(module).substr(0, size)));
        // Between two sections it is a module, a smaller one.
        CHECK((!part || part->exports.empty()));
    }
}

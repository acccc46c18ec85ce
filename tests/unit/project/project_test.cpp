// SPDX-License-Identifier: MIT
#include "core/project/project.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"

using namespace pymode;

namespace {

void write(const fs::path& path, std::string_view text) {
    REQUIRE(make_directories(path.parent_path()));
    REQUIRE(write_file_atomic(path, text));
}

} // namespace

TEST_CASE("a project is found from its folder, a folder in it and a file in it") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    const fs::path root = fs::canonical(folder->path());
    write(root / "pyproject.toml", "[project]\nname = \"w\"\n");
    write(root / "src/main.py", "");
    for (const fs::path& start : {root, root / "src", root / "src/main.py"}) {
        CAPTURE(start);
        CHECK(find_project_root(start) == root);
        const auto project = load_project(start);
        REQUIRE(project);
        CHECK(project->root == root);
        CHECK(project->worker.main == "src/main.py");
        CHECK(entry_module(*project) == "src.main");
    }
    const auto missing = find_project_root(root / "nothing");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::not_found);
}

TEST_CASE("an entry on the command line takes the place of main") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    write(folder->path() / "pyproject.toml",
          "[project]\nname = \"w\"\n[tool.pymode]\nmain = \"gone.py\"\n");
    write(folder->path() / "other.py", "");
    CHECK_FALSE(load_project(folder->path()));
    const auto project = load_project(folder->path(), {"other.py", ""});
    REQUIRE(project);
    CHECK(entry_module(*project) == "other");
}

TEST_CASE("a pyproject.toml that is no UTF-8 is refused") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    write(folder->path() / "pyproject.toml", "[project]\nname = \"\xFF\"\n");
    const auto project = load_project(folder->path());
    REQUIRE_FALSE(project);
    CHECK(project.error().message == "pyproject.toml is not UTF-8 text");
}

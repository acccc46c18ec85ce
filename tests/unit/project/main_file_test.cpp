// SPDX-License-Identifier: MIT
#include "core/project/main_file.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"

using namespace pymode;

TEST_CASE("the main file is checked") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    const fs::path root = folder->path() / "project";
    for (const char* name : {"src/main.py", "a-b/main.py", "src/notes.txt", "src/2nd.py"}) {
        REQUIRE(make_directories((root / name).parent_path()));
        REQUIRE(write_file_atomic(root / name, std::string_view("")));
    }
    REQUIRE(write_file_atomic(folder->path() / "outside.py", std::string_view("")));
    fs::create_symlink("../../outside.py", root / "src/link.py");

    CHECK(check_main_file(root, "src/main.py") == "src/main.py");
    CHECK(check_main_file(root, "./src//main.py") == "src/main.py");

    struct Row {
        std::string main;
        std::string message;
    };
    const auto row = GENERATE(values<Row>(
        {{"src/missing.py", "main file src/missing.py does not exist"},
         {"../outside.py", "main file ../outside.py is outside of the project"},
         {"/etc/passwd", "main file /etc/passwd is outside of the project"},
         {"", "main file  is outside of the project"},
         {"src", "main file src is not a file"},
         {"src/notes.txt", "main file src/notes.txt is not a Python file"},
         {"src/link.py", "main file src/link.py is a link that leaves the project"},
         {"a-b/main.py", "main file a-b/main.py cannot be imported: `a-b` is no Python identifier"},
         {"src/2nd.py",
          "main file src/2nd.py cannot be imported: `2nd` is no Python identifier"}}));
    const auto result = check_main_file(root, row.main);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::config);
    CHECK(result.error().message == row.message);
}

TEST_CASE("a missing main file: the hint names one that is there") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    REQUIRE(write_file_atomic(folder->path() / "worker.py", std::string_view("")));
    const auto result = check_main_file(folder->path(), "src/main.py");
    REQUIRE_FALSE(result);
    CHECK(result.error().hint.find("worker.py") != std::string::npos);
}

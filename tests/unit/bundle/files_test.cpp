// SPDX-License-Identifier: MIT
#include "core/bundle/files.hpp"

#include <catch2/catch.hpp>

#include "core/base/file.hpp"

using namespace pymode;

namespace {

void write(const fs::path& path, std::string_view text) {
    REQUIRE(make_directories(path.parent_path()));
    REQUIRE(write_file_atomic(path, text));
}

std::vector<std::string> collected(const Project& project, const fs::path& output = {}) {
    const auto files = collect_files(project, output);
    REQUIRE(files);
    std::vector<std::string> paths;
    for (const ProjectFile& file : *files) {
        paths.push_back(file.path);
    }
    return paths;
}

struct Fixture {
    Fixture() : folder(*TempDir::create()) {
        project.root = fs::canonical(folder.path());
        project.worker.main = "main.py";
    }

    TempDir folder;
    Project project;
};

} // namespace

TEST_CASE("patterns of exclude") {
    struct Row {
        std::string pattern;
        std::string path;
        bool matches;
    };
    const auto row = GENERATE(values<Row>({{"*.csv", "a.csv", true},
                                           {"*.csv", "data/a.csv", true},
                                           {"*.csv", "a.csv.py", false},
                                           {"drafts", "drafts/x/y.py", true},
                                           {"drafts/", "src/drafts/y.py", true},
                                           {"drafts", "drafts2/y.py", false},
                                           {"/drafts", "src/drafts/y.py", false},
                                           {"data/raw", "data/raw/a.bin", true},
                                           {"data/*.bin", "data/a.bin", true},
                                           {"data/*.bin", "data/x/a.bin", false},
                                           {"data/**", "data/x/a.bin", true},
                                           {"**/test_*.py", "test_a.py", true},
                                           {"**/test_*.py", "a/b/test_a.py", true},
                                           {"a?c", "abc", true},
                                           {"a?c", "a/c", false},
                                           {"", "a", false}}));
    CAPTURE(row.pattern, row.path);
    CHECK(matches_pattern(row.pattern, row.path) == row.matches);
}

TEST_CASE_METHOD(Fixture, "a project's files without what does not belong to the Worker") {
    for (const char* name :
         {"main.py", "pyproject.toml", "data/table.bin", "src/a.py", ".env", ".dev.vars",
          ".git/config", ".venv/lib/x.py", "env/pyvenv.cfg", "env/lib/x.py", "node_modules/x.js",
          "src/__pycache__/a.pyc", "old.pyc", "out/python.wasm", "out/metadata.json",
          "elsewhere/x.py", "secret/x.py", "a.csv"}) {
        write(project.root / name, "x");
    }
    project.exclude = {"secret", "*.csv"};
    CHECK(collected(project, project.root / "elsewhere") ==
          std::vector<std::string>{"data/table.bin", "main.py", "pyproject.toml", "src/a.py"});
}

TEST_CASE_METHOD(Fixture, "links are followed inside of the project only") {
    write(project.root / "main.py", "12345");
    fs::create_symlink("main.py", project.root / "again.py");
    fs::create_symlink("/usr", project.root / "node_modules"); // left out like the folder
    const auto files = collect_files(project);
    REQUIRE(files);
    REQUIRE(files->size() == 2);
    CHECK(files->front().path == "again.py");
    CHECK(files->front().size == 5);

    struct Row {
        std::string target;
        std::string message;
    };
    const auto row =
        GENERATE(values<Row>({{"/etc/passwd", "x.py is a link that leaves the project"},
                              {"nowhere", "x.py is a link to nothing"},
                              {".", "x.py is a link to a folder"}}));
    fs::create_symlink(row.target, project.root / "x.py");
    const auto refused = collect_files(project);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == row.message);
}

TEST_CASE_METHOD(Fixture, "files above Cloudflare's limit are refused with the largest ones") {
    write(project.root / "main.py", "x");
    write(project.root / "big.bin", "x");
    fs::resize_file(project.root / "big.bin", (std::uint64_t{64} << 20) + 1);
    const auto refused = collect_files(project);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().notes.front() == "big.bin has 64.0 MiB");
}

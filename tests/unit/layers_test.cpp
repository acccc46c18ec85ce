// SPDX-License-Identifier: MIT
// The rule of docs/ARCHITECTURE.md: a lower layer never includes a higher one; and every path that
// the page names exists.
#include <algorithm>
#include <map>
#include <regex>

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

using namespace pymode;

namespace {

const fs::path source_root = PYMODE_SOURCE_DIR;

// Bottom-up; folders that do not exist yet may stand here.
const std::vector<std::string> layers{"base",   "native",   "pep",        "project",   "packaging",
                                      "bundle", "snapshot", "cloudflare", "toolchain", "devserver"};

std::size_t rank_of(std::string_view path) {
    if (path.starts_with("cli/")) {
        return layers.size();
    }
    const auto parts = split(path, '/');
    const auto found =
        parts.size() > 1 && parts[0] == "core" ? std::ranges::find(layers, parts[1]) : layers.end();
    return static_cast<std::size_t>(found - layers.begin());
}

// Line by line: std::regex overflows the stack on a long text.
std::vector<std::string> includes_of(std::string_view text) {
    static const std::regex pattern(R"re(\s*#\s*include\s*"((?:core|cli)/[^"]+)".*)re");
    std::vector<std::string> found;
    for (const std::string_view line : split_lines(text)) {
        std::cmatch match;
        if (std::regex_match(line.begin(), line.end(), match, pattern)) {
            found.push_back(match[1]);
        }
    }
    return found;
}

// What is wrong with one file, as "file includes file".
std::vector<std::string> upward_includes(const std::string& path, const std::string& text) {
    std::vector<std::string> wrong;
    for (const std::string& included : includes_of(text)) {
        if (rank_of(included) > rank_of(path)) {
            wrong.push_back(path + " includes " + included);
        }
    }
    return wrong;
}

} // namespace

TEST_CASE("the check notices an include that goes up") {
    CHECK(upward_includes("core/base/a.cpp", "#include \"core/project/b.hpp\"\n").size() == 1);
    CHECK(upward_includes("core/project/a.cpp", "\n # include \"cli/b.hpp\"\n").size() == 1);
    CHECK(upward_includes("core/native/a.cpp", "#include \"core/unknown/b.hpp\"\n").size() == 1);
    CHECK(upward_includes("core/project/a.cpp", "#include \"core/base/b.hpp\"\n").empty());
    CHECK(upward_includes("cli/a.cpp", "#include \"core/devserver/b.hpp\"\n").empty());
}

TEST_CASE("a lower layer never includes a higher one") {
    std::size_t files = 0;
    for (const std::string folder : {"core", "cli"}) {
        const auto entries = list_tree(source_root / folder).value();
        for (const TreeEntry& entry : entries) {
            if (!entry.path.ends_with(".hpp") && !entry.path.ends_with(".cpp")) {
                continue;
            }
            const std::string path = folder + "/" + entry.path;
            const std::string text = read_text_file(source_root / path, 1 << 20).value();
            CHECK(join(upward_includes(path, text), "; ").empty());
            CHECK((folder == "cli" || rank_of(path) < layers.size()));
            ++files;
        }
    }
    CHECK(files > 30);
}

TEST_CASE("every path that the architecture page names exists") {
    const std::string page = read_text_file(source_root / "docs/ARCHITECTURE.md", 1 << 20).value();
    // Words in backquotes that begin with the name of a folder of ours.
    static const std::regex pattern(
        "`((?:cli|core|runtime|stdlib-bundler|third_party|examples|tests|scripts|docs|"
        "cmake|recipes)/[A-Za-z0-9_./-]*)`");
    std::size_t paths = 0;
    for (const std::string_view line : split_lines(page)) {
        std::cregex_iterator match(line.begin(), line.end(), pattern);
        for (; match != std::cregex_iterator(); ++match) {
            const std::string path = (*match)[1];
            CAPTURE(path);
            CHECK(fs::exists(source_root / path));
            ++paths;
        }
    }
    CHECK(paths > 15);
}

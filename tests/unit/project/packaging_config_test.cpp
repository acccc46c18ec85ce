// SPDX-License-Identifier: MIT
#include "core/project/packaging_config.hpp"

#include <catch2/catch.hpp>

#include "core/project/config.hpp"
#include "core/project/toml.hpp"

using namespace pymode;

namespace {

Expected<Project> read(const std::string& text) {
    auto document = parse_toml("pyproject.toml", "[project]\nname = \"w\"\n" + text);
    if (!document) {
        return propagate(document);
    }
    return read_config({*document});
}

} // namespace

TEST_CASE("what [tool.pymode] says about packages arrives") {
    const auto project = read(R"(
[tool.pymode]
find-links = ["wheels", "https://h.example/files/"]
constraints = ["a<2"]
overrides = ["b==1; os_name == 'posix'"]
prerelease = "allow"
resolution = "lowest-direct"
index-strategy = "unsafe-best-match"
exclude-newer = 2026-01-31
wheelhouse = false
trim = false
emscripten-wheels = false
default-groups = ["Dev_Tools"]

[[tool.pymode.index]]
name = "mine"
url = "https://u:p@h.example/simple/"
explicit = true

[[tool.pymode.index]]
url = "https://other.example/simple/"
default = true

[tool.pymode.sources]
My_Package = "mine"
x = { path = "wheels/x-1-py3-none-any.whl" }
y = { url = "https://h.example/y-1-py3-none-any.whl" }
z = { index = "mine" }
)");
    REQUIRE(project);
    CHECK(project->warnings.empty());
    const PackagingConfig& config = project->packaging;
    CHECK(config.find_links == std::vector<std::string>{"wheels", "https://h.example/files/"});
    CHECK(config.constraints.at(0).to_string() == "a<2");
    CHECK(config.overrides.at(0).name == "b");
    CHECK(config.prerelease == pep::PrereleasePolicy::allow);
    CHECK(config.resolution == "lowest-direct");
    CHECK(config.index_strategy == "unsafe-best-match");
    CHECK(config.exclude_newer == "2026-01-31T23:59:59Z");
    CHECK_FALSE(config.wheelhouse);
    CHECK_FALSE(config.trim);
    CHECK(config.default_groups == std::vector<std::string>{"dev-tools"});
    REQUIRE(config.indexes.size() == 2);
    CHECK(config.indexes[0].explicit_only);
    CHECK(config.indexes[1].is_default);
    REQUIRE(config.sources.size() == 4);
    CHECK(config.sources[0].package == "my-package");
    CHECK(config.sources[0].index == "mine");
    CHECK(config.sources[1].path == "wheels/x-1-py3-none-any.whl");
    CHECK(config.sources[2].url == "https://h.example/y-1-py3-none-any.whl");
}

TEST_CASE("without it the defaults hold") {
    const auto project = read("");
    REQUIRE(project);
    CHECK(project->packaging.wheelhouse);
    CHECK(project->packaging.trim);
    CHECK(project->packaging.indexes.empty());
    CHECK_FALSE(project->packaging.prerelease);
}

TEST_CASE("unknown keys are warnings") {
    const auto project = read("[tool.pymode]\nfind-link = []\n[[tool.pymode.index]]\n"
                              "url = \"https://h.example/\"\nexplizit = true\n");
    REQUIRE(project);
    CHECK(project->warnings ==
          std::vector<std::string>{
              "pyproject.toml:4: unknown key `find-link` in [tool.pymode]; did you mean "
              "`find-links`?",
              "pyproject.toml:7: unknown key `explizit` in [[tool.pymode.index]]; did you mean "
              "`explicit`?"});
}

TEST_CASE("wrong values are errors that point at them") {
    struct Case {
        std::string text;
        std::string message;
        int line = 0;
    };
    const std::string index = "[[tool.pymode.index]]\n";
    const std::vector<Case> cases{
        {"[tool.pymode]\nfind-links = \"x\"\n", "find-links must be an array, not a string", 4},
        {"[tool.pymode]\nconstraints = [\n  \"a=>1\",\n]\n", "", 5},
        {"[tool.pymode]\nprerelease = \"no\"\n", "prerelease cannot be `no`", 4},
        {"[tool.pymode]\nresolution = \"low\"\n", "resolution cannot be `low`", 4},
        {"[tool.pymode]\nindex-strategy = \"x\"\n", "index-strategy cannot be `x`", 4},
        {"[tool.pymode]\nexclude-newer = \"soon\"\n", "exclude-newer `soon` is no moment", 4},
        {"[tool.pymode]\nwheelhouse = 1\n", "wheelhouse must be a boolean, not an integer", 4},
        {"[tool.pymode]\nemscripten-wheels = true\n",
         "wheels of the Emscripten ABI cannot be loaded yet", 4},
        {"[tool.pymode]\ndefault-groups = [\"-\"]\n", "`-` cannot be the name of a group", 4},
        {"[tool.pymode.index]\nurl = \"https://h.example/\"\n", "index must be an array of tables",
         3},
        {index + "name = \"a\"\n", "this index has no url", 3},
        {index + "url = \"wheels\"\n", "the url of an index must begin with https://", 4},
        {index + "url = \"https://h.example/\"\nexplicit = true\n",
         "an explicit index needs a name", 3},
        {index + "url = \"https://a.example/\"\nname = \"a\"\n" + index +
             "url = \"https://b.example/\"\nname = \"a\"\n",
         "there are two indexes called `a`", 8},
        {"[tool.pymode.sources]\na = \"b\"\n", "there is no index called `b`", 4},
        {"[tool.pymode.sources]\na = {}\n", "the source of a must say one of index, path and url",
         4},
    };
    for (const Case& each : cases) {
        CAPTURE(each.text);
        const auto project = read(each.text);
        REQUIRE_FALSE(project);
        if (!each.message.empty()) {
            CHECK(project.error().message == each.message);
        }
        REQUIRE(project.error().where);
        CHECK(project.error().where->line == each.line);
    }
}

TEST_CASE("moments") {
    CHECK(parse_moment("2026-01-31") == "2026-01-31T23:59:59Z");
    CHECK(parse_moment("2026-01-31T01:02:03Z") == "2026-01-31T01:02:03Z");
    CHECK(parse_moment("2026-01-31 01:02:03.5Z") == "2026-01-31T01:02:03Z");
    CHECK(parse_moment("2026-01-31T01:02:03+00:00") == "2026-01-31T01:02:03Z");
    for (const char* bad : {"", "2026", "2026-13-01", "2026-01-31T01:02", "2026-01-31T01:02:03",
                            "2026-01-31T01:02:03+02:00", "2026-01-31T01:02:03.Z", "2026-01-31x"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_moment(bad));
    }
}

// SPDX-License-Identifier: MIT
#include "core/packaging/project_inputs.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/packaging/resolutions.hpp"

using namespace pymode;
using test::inputs;

namespace {

std::vector<std::string> texts(const ProjectInputs& project) {
    std::vector<std::string> result;
    for (const RootRequirement& root : project.requirements) {
        const char* section = root.section == RootRequirement::Section::project ? ""
                              : root.section == RootRequirement::Section::extra ? "extra "
                                                                                : "group ";
        result.push_back(section + root.section_name + ": " + root.requirement.to_string());
    }
    return result;
}

} // namespace

TEST_CASE("the requirements of a project, its extras and its groups") {
    const auto project = inputs(R"([project]
name = "my-app"
dependencies = ["a>=1"]

[project.optional-dependencies]
Z_x = ["b", "My.App[y]"]
y = ["c", "my_app[z-x]"]

[dependency-groups]
Test = ["d", {include-group = "lint"}, "My-App[y]"]
lint = ["e"]

[tool.uv]
dev-dependencies = ["f"]
)");
    REQUIRE(project);
    CHECK(project->extras == std::vector<std::string>{"y", "z-x"});
    CHECK(project->groups == std::vector<std::string>{"dev", "lint", "test"});
    CHECK(texts(*project) ==
          std::vector<std::string>{": a>=1", "extra z-x: b", "extra z-x: c", "extra z-x: b",
                                   "extra y: c", "extra y: b", "extra y: c", "group test: d",
                                   "group test: e", "group test: c", "group test: b",
                                   "group lint: e", "group dev: f"});
}

TEST_CASE("sources that name a file become URLs") {
    const auto project = inputs(R"(
dependencies = ["a>=1; os_name == 'posix'", "b", "c"]
[[tool.pymode.index]]
name = "mine"
url = "https://h.example/simple/"
[tool.pymode.sources]
A = { path = "wheels/../w/a-1-py3-none-any.whl" }
b = { url = "https://h.example/b-1-py3-none-any.whl" }
c = "mine"
)");
    REQUIRE(project);
    CHECK(texts(*project) ==
          std::vector<std::string>{": a @ file:///p/w/a-1-py3-none-any.whl ; os_name == \"posix\"",
                                   ": b @ https://h.example/b-1-py3-none-any.whl", ": c"});
}

TEST_CASE("what would change an install is an error") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"dependencies = [\"app\"]\n", "the project `app` requires itself"},
        {"dependencies = [\"app[x]\"]\n",
         "`app[x]` names the extra `x`, which the project does not have"},
        {"dynamic = [\"dependencies\"]\n", ""},
        {"dependencies = [\"a=>1\"]\n", ""},
        {"[dependency-groups]\na = [{include-group = \"b\"}]\n", ""},
    };
    for (const auto& [text, message] : cases) {
        CAPTURE(text);
        const auto project = inputs(text);
        REQUIRE_FALSE(project);
        CHECK(project.error().code == ErrorCode::config);
        if (!message.empty()) {
            CHECK(project.error().message == message);
        }
    }
}

TEST_CASE("the digest follows what a lock depends on and nothing else") {
    const auto digest = [](const std::string& text) {
        return inputs_digest(inputs(text).value(), test::target());
    };
    const std::string base = digest("dependencies = [\"a\"]\n");
    CHECK(digest("dependencies = [\"A\"]\n[tool.pymode]\ntrim = false\n") != "");
    CHECK(digest("dependencies = [\n  # why\n  \"a\",\n]\n[tool.pymode]\ntrim = false\n") == base);
    for (const char* other :
         {"dependencies = [\"a\", \"b\"]\n",
          "dependencies = [\"a\"]\n[dependency-groups]\nx = []\n",
          "dependencies = [\"a\"]\n[tool.pymode]\nconstraints = [\"a<2\"]\n",
          "dependencies = [\"a\"]\n[tool.pymode]\nwheelhouse = false\n",
          "dependencies = [\"a\"]\n[[tool.pymode.index]]\nurl = \"https://h.example/\"\n"}) {
        CAPTURE(other);
        CHECK(digest(other) != base);
    }
    CHECK(digest("dependencies = [\"a\"]\n[[tool.pymode.index]]\nurl = \"https://h.example/\"\n") ==
          digest(
              "dependencies = [\"a\"]\n[[tool.pymode.index]]\nurl = \"https://u:p@h.example/\"\n"));
}

// SPDX-License-Identifier: MIT
#include "core/pep/project_table.hpp"

#include <catch2/catch.hpp>

#include "core/pep/dependency_groups.hpp"
#include "tests/unit/pep/vectors.hpp"

using namespace pymode::pep;
using pymode::pep::test::Json;
using pymode::pep::test::Vectors;

namespace {

// How the reference calls a problem.
std::string reference_name(GroupProblem::Kind kind) {
    switch (kind) {
    case GroupProblem::Kind::unknown_group:
        return "LookupError";
    case GroupProblem::Kind::duplicate_name:
        return "DuplicateGroupNames";
    case GroupProblem::Kind::cycle:
        return "CyclicDependencyGroup";
    case GroupProblem::Kind::not_a_list:
        return "TypeError";
    case GroupProblem::Kind::bad_item:
        return "InvalidDependencyGroupObject";
    case GroupProblem::Kind::bad_requirement:
        return "InvalidRequirement";
    }
    return "";
}

Json problem_names(const ExpandedGroups& groups) {
    Json names = Json::array();
    for (const GroupProblem& problem : groups.problems) {
        names.push_back(reference_name(problem.kind));
    }
    return names;
}

Json expected_names(const Json& errors) {
    Json names = Json::array();
    for (const std::string text : errors.is_null() ? Json::array() : errors) {
        names.push_back(text.substr(0, text.find(':')));
    }
    return names;
}

Value project(const std::string& text) {
    const auto value = parse_toml_value("pyproject.toml", text);
    REQUIRE(value);
    return *value;
}

std::string error_of(const std::string& text) {
    const auto table = read_project_table(project(text));
    REQUIRE_FALSE(table);
    return table.error().message;
}

} // namespace

TEST_CASE("vectors: dependency_groups") {
    Vectors vectors("dependency_groups");
    if (!vectors.available()) {
        return;
    }
    for (const Json& row : vectors.cases()) {
        const std::vector<std::string> groups = row[1];
        const ExpandedGroups found = expand_dependency_groups(row[0], groups);
        Json texts = Json::array();
        for (const Requirement& requirement : found.requirements) {
            texts.push_back(requirement.to_string());
        }
        vectors.expect(problem_names(found) == expected_names(row[3]) &&
                           (row[2].is_null() || texts == row[2]),
                       row.dump() + " gives " + texts.dump() + problem_names(found).dump());
    }
    vectors.remark("the kinds of the errors in their order; the wording is ours");
}

TEST_CASE("groups that include each other without end are refused") {
    // 2^40 requirements in 40 lines.
    Value table = {{"g0", {"a"}}};
    for (int i = 1; i <= 40; ++i) {
        const Value include = {{"include-group", "g" + std::to_string(i - 1)}};
        table["g" + std::to_string(i)] = Value::array({include, include});
    }
    const std::vector<std::string> groups = {"g40"};
    CHECK_FALSE(resolve_dependency_groups(table, groups));
}

TEST_CASE("a cycle is shown as its path") {
    const Value table = {{"a", Value::array({{{"include-group", "B"}}})},
                         {"b", Value::array({{{"include-group", "a"}}})}};
    const std::vector<std::string> groups = {"a"};
    const auto result = resolve_dependency_groups(table, groups);
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "dependency groups include each other: a -> b -> a");
}

TEST_CASE("the project table") {
    const auto table = read_project_table(project(R"(
name = "My.Project"
version = "1.0"
requires-python = ">=3.13"
dependencies = ["jinja2>=3", "rich"]
[optional-dependencies]
Fast_Path = ["orjson"]
all = ["my.project[fast-path]"]
)"));
    REQUIRE(table);
    CHECK(table->name == "My.Project");
    CHECK(table->dependencies.size() == 2);
    REQUIRE(table->optional_dependencies.size() == 2);
    CHECK(table->optional_dependencies[0].extra == "fast-path");
    CHECK(table->find_extra("FAST.path") == table->optional_dependencies.data());
    CHECK(table->find_extra("none") == nullptr);
}

TEST_CASE("a wrong project table names the place") {
    CHECK(error_of("version = '1'") == "project.name is missing");
    CHECK(error_of("name = 1") == "project.name is an integer, it must be a string");
    CHECK(error_of("name = 'a b'").find("not a valid project name") != std::string::npos);
    CHECK(error_of("name = 'a'\ndependencies = 'b'").find("must be an array") != std::string::npos);
    CHECK(error_of("name = 'a'\ndependencies = ['b', 1]").find("dependencies[1]") !=
          std::string::npos);
    CHECK(error_of("name = 'a'\ndynamic = ['dependencies']").find("dynamic") != std::string::npos);
    CHECK(error_of("name = 'a'\n[optional-dependencies]\nx-y = []\nx_y = []")
              .find("more than once") != std::string::npos);
    const auto table = read_project_table(project("name = 'a'\ndependencies = ['b', 'c=1']"));
    REQUIRE_FALSE(table);
    CHECK(table.error().notes == std::vector<std::string>{"in project.dependencies[1]"});
}

// SPDX-License-Identifier: MIT
#include "core/pep/project_table.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/pep/name.hpp"

namespace pymode::pep {

namespace {

std::unexpected<Error> wrong_kind(std::string_view key, std::string_view wanted,
                                  const Value& found) {
    return fail(ErrorCode::config,
                fmt::format("project.{} is {}, it must be {}", key, describe(found), wanted));
}

Expected<std::string> string_at(const Value& table, const std::string& key) {
    if (!table.contains(key)) {
        return fail(ErrorCode::config, fmt::format("project.{} is missing", key));
    }
    if (!table[key].is_string()) {
        return wrong_kind(key, "a string", table[key]);
    }
    return table[key].get<std::string>();
}

Expected<std::vector<Requirement>> read_requirements(const Value& list, const std::string& key) {
    if (!list.is_array()) {
        return wrong_kind(key, "an array of strings", list);
    }
    std::vector<Requirement> requirements;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string place = fmt::format("{}[{}]", key, i);
        if (!list[i].is_string()) {
            return wrong_kind(place, "a string", list[i]);
        }
        auto requirement = Requirement::parse(list[i].get_ref<const std::string&>());
        if (!requirement) {
            return propagate(requirement, fmt::format("in project.{}", place));
        }
        requirements.push_back(std::move(*requirement));
    }
    return requirements;
}

Expected<void> read_optional(ProjectTable& project, const Value& table) {
    if (!table.is_object()) {
        return wrong_kind("optional-dependencies", "a table", table);
    }
    for (const auto& [key, list] : table.items()) {
        if (!is_valid_name(key)) {
            return fail(ErrorCode::config,
                        fmt::format("\"{}\" is not a valid name for an extra", key));
        }
        if (project.find_extra(key) != nullptr) {
            return fail(ErrorCode::config, fmt::format("the extra \"{}\" is there more than once",
                                                       normalize_name(key)));
        }
        auto requirements = read_requirements(list, "optional-dependencies." + to_toml_key(key));
        if (!requirements) {
            return propagate(requirements);
        }
        project.optional_dependencies.push_back({normalize_name(key), std::move(*requirements)});
    }
    return {};
}

// What stands in "dynamic" is written by a build, and nothing is built here.
Expected<void> read_dynamic(ProjectTable& project, const Value& table) {
    if (!table.contains("dynamic")) {
        return {};
    }
    const Value& list = table["dynamic"];
    if (!list.is_array()) {
        return wrong_kind("dynamic", "an array of strings", list);
    }
    for (const Value& item : list) {
        if (!item.is_string()) {
            return wrong_kind("dynamic", "an array of strings", list);
        }
        project.dynamic.push_back(item);
    }
    for (const char* key : {"dependencies", "optional-dependencies", "requires-python"}) {
        if (std::ranges::find(project.dynamic, key) != project.dynamic.end()) {
            return fail(
                ErrorCode::config,
                fmt::format("project.{} is dynamic: it cannot be read without a build", key),
                fmt::format("write it into [project] and take it out of dynamic"));
        }
    }
    return {};
}

Expected<void> read_versions(ProjectTable& project, const Value& table) {
    if (table.contains("version")) {
        const auto text = string_at(table, "version");
        if (!text) {
            return propagate(text);
        }
        auto version = Version::parse(*text);
        if (!version) {
            return propagate(version, "in project.version");
        }
        project.version = std::move(*version);
    }
    if (table.contains("requires-python")) {
        const auto text = string_at(table, "requires-python");
        if (!text) {
            return propagate(text);
        }
        auto specifiers = SpecifierSet::parse(*text);
        if (!specifiers) {
            return propagate(specifiers, "in project.requires-python");
        }
        project.requires_python = std::move(*specifiers);
    }
    return {};
}

} // namespace

const OptionalDependencies* ProjectTable::find_extra(std::string_view extra) const {
    const auto found = std::ranges::find(optional_dependencies, normalize_name(extra),
                                         &OptionalDependencies::extra);
    return found == optional_dependencies.end() ? nullptr : &*found;
}

Expected<ProjectTable> read_project_table(const Value& table) {
    if (!table.is_object()) {
        return fail(ErrorCode::config,
                    fmt::format("project is {}, it must be a table", describe(table)));
    }
    ProjectTable project;
    auto name = string_at(table, "name");
    if (!name) {
        return propagate(name);
    }
    if (!is_valid_name(*name)) {
        return fail(ErrorCode::config, fmt::format("\"{}\" is not a valid project name", *name),
                    "names are made of letters, digits, dashes, dots and underscores");
    }
    project.name = std::move(*name);
    if (auto read = read_dynamic(project, table); !read) {
        return propagate(read);
    }
    if (auto read = read_versions(project, table); !read) {
        return propagate(read);
    }
    if (table.contains("dependencies")) {
        auto requirements = read_requirements(table["dependencies"], "dependencies");
        if (!requirements) {
            return propagate(requirements);
        }
        project.dependencies = std::move(*requirements);
    }
    if (table.contains("optional-dependencies")) {
        if (auto read = read_optional(project, table["optional-dependencies"]); !read) {
            return propagate(read);
        }
    }
    return project;
}

} // namespace pymode::pep

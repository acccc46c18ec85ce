// SPDX-License-Identifier: MIT
#include "core/pep/dependency_groups.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"

namespace pymode::pep {

namespace {

constexpr const char* include_key = "include-group";

// Groups may include groups that include groups …: without a bound a short file could stand for
// billions of requirements.
constexpr std::size_t max_requirements = 100'000;

class Expander {
  public:
    explicit Expander(const Value& table) : m_table(table) {}

    void expand(const std::string& group) {
        const std::string name = normalize_name(group);
        const auto keys = spellings(name);
        if (keys.empty()) {
            add(GroupProblem::Kind::unknown_group,
                fmt::format("there is no dependency group \"{}\"", group));
        } else if (keys.size() > 1) {
            add(GroupProblem::Kind::duplicate_name,
                fmt::format("the dependency group \"{}\" is there more than once: {}", name,
                            join(keys, ", ")));
        } else {
            expand_items(name, m_table.at(keys.front()));
        }
    }

    ExpandedGroups take() { return std::move(m_result); }

  private:
    // The keys of the table that are this name.
    [[nodiscard]] std::vector<std::string> spellings(const std::string& name) const {
        std::vector<std::string> keys;
        if (m_table.is_object()) {
            for (const auto& [key, value] : m_table.items()) {
                if (normalize_name(key) == name) {
                    keys.push_back(key);
                }
            }
        }
        return keys;
    }

    void expand_items(const std::string& name, const Value& items) {
        if (!items.is_array()) {
            add(GroupProblem::Kind::not_a_list,
                fmt::format("the dependency group \"{}\" is {}, it must be an array", name,
                            describe(items)));
            return;
        }
        m_path.push_back(name);
        for (const Value& item : items) {
            if (m_result.requirements.size() + m_result.problems.size() >= max_requirements) {
                break;
            }
            expand_item(item);
        }
        m_path.pop_back();
    }

    void expand_item(const Value& item) {
        if (item.is_string()) {
            auto requirement = Requirement::parse(item.get_ref<const std::string&>());
            if (requirement) {
                m_result.requirements.push_back(std::move(*requirement));
            } else {
                m_result.problems.push_back({GroupProblem::Kind::bad_requirement,
                                             std::move(requirement.error()).with_note(in_group())});
            }
            return;
        }
        if (!item.is_object() || item.size() != 1 || !item.contains(include_key) ||
            !item[include_key].is_string()) {
            add(GroupProblem::Kind::bad_item,
                fmt::format("{} is neither a requirement nor {{ include-group = \"…\" }}",
                            to_inline_toml(item)));
            return;
        }
        include(item[include_key]);
    }

    void include(const std::string& group) {
        const std::string name = normalize_name(group);
        if (std::ranges::find(m_path, name) != m_path.end()) {
            add(GroupProblem::Kind::cycle,
                fmt::format("dependency groups include each other: {} -> {}", join(m_path, " -> "),
                            name));
        } else {
            expand(group);
        }
    }

    [[nodiscard]] std::string in_group() const {
        return fmt::format("in the dependency group \"{}\"", m_path.back());
    }

    void add(GroupProblem::Kind kind, std::string message) {
        Error error{ErrorCode::config, std::move(message), {}, "", std::nullopt};
        if (!m_path.empty()) {
            error.notes.push_back(in_group());
        }
        m_result.problems.push_back({kind, std::move(error)});
    }

    const Value& m_table;
    std::vector<std::string> m_path; // the groups that are being expanded, outermost first
    ExpandedGroups m_result;
};

} // namespace

ExpandedGroups expand_dependency_groups(const Value& table, std::span<const std::string> groups) {
    Expander expander(table);
    for (const std::string& group : groups) {
        expander.expand(group);
    }
    ExpandedGroups result = expander.take();
    if (result.requirements.size() + result.problems.size() >= max_requirements) {
        result.problems.push_back({GroupProblem::Kind::bad_item,
                                   Error{ErrorCode::config,
                                         "the dependency groups stand for too many requirements",
                                         {},
                                         "",
                                         std::nullopt}});
    }
    return result;
}

Expected<std::vector<Requirement>> resolve_dependency_groups(const Value& table,
                                                             std::span<const std::string> groups) {
    ExpandedGroups expanded = expand_dependency_groups(table, groups);
    if (expanded.problems.empty()) {
        return std::move(expanded.requirements);
    }
    Error error = std::move(expanded.problems.front().error);
    for (std::size_t i = 1; i < expanded.problems.size(); ++i) {
        error.notes.push_back("also: " + expanded.problems[i].error.message);
    }
    return std::unexpected(std::move(error));
}

} // namespace pymode::pep

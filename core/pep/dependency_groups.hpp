// SPDX-License-Identifier: MIT
// [dependency-groups] of pyproject.toml (PEP 735).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/requirement.hpp"
#include "core/pep/value.hpp"

namespace pymode::pep {

struct GroupProblem {
    enum class Kind { unknown_group, duplicate_name, cycle, not_a_list, bad_item, bad_requirement };

    Kind kind = Kind::unknown_group;
    Error error;
};

struct ExpandedGroups {
    std::vector<Requirement> requirements; // in order, repetitions included
    std::vector<GroupProblem> problems;
};

// The requirements of `groups` with everything that they include. Only what is reached is looked
// at: a broken group that nobody asked for is none of the caller's problems.
ExpandedGroups expand_dependency_groups(const Value& table, std::span<const std::string> groups);

// The same where any problem is an error; all others become its notes.
Expected<std::vector<Requirement>> resolve_dependency_groups(const Value& table,
                                                             std::span<const std::string> groups);

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
// The [project] table of pyproject.toml, as far as an installer needs it (PEP 621).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/requirement.hpp"
#include "core/pep/specifier.hpp"
#include "core/pep/value.hpp"
#include "core/pep/version.hpp"

namespace pymode::pep {

struct OptionalDependencies {
    std::string extra; // normalised
    std::vector<Requirement> requirements;
};

struct ProjectTable {
    std::string name; // as written
    std::optional<Version> version;
    std::optional<SpecifierSet> requires_python;
    std::vector<Requirement> dependencies;
    std::vector<OptionalDependencies> optional_dependencies; // in the file's order
    std::vector<std::string> dynamic;

    [[nodiscard]] const OptionalDependencies* find_extra(std::string_view extra) const;
};

// Fails on anything that would change what is installed: a requirement that cannot be read, two
// spellings of one extra, dependencies that only a build could tell.
Expected<ProjectTable> read_project_table(const Value& table);

} // namespace pymode::pep

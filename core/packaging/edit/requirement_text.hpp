// SPDX-License-Identifier: MIT
// How requirements are written into pyproject.toml, and how two of them compare there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/pep/requirement.hpp"

namespace pymode::edit {

// `name[extras]specifiers ; marker`: extras normalised and sorted, single quotes in the marker
// (so that nothing needs a backslash inside of a TOML string), markers in one spelling.
std::string spell_requirement(const pep::Requirement& requirement);

// The marker in one spelling for all that mean the same minor versions: `python_version > '3.7'`
// becomes `python_full_version >= '3.8'`; conditions of an `and` stand versions first, then the
// others by name. Equal texts mean equal markers. Empty when there is none.
std::string spell_marker(const std::optional<pep::Marker>& marker);

// What `existing` becomes when `added` is added to it: extras of both; specifiers or URL of
// `added` if it has any; name and marker as they are.
pep::Requirement merge_requirement(const pep::Requirement& existing, const pep::Requirement& added);

// Which versions a requirement without any is written with once it is resolved.
enum class Bounds { lower, major, minor, exact };

// ">=4.3.0", ">=4.3.0,<5.0.0", ">=3.6,<3.7", "==3.6". A local part is not written, as no other
// index has it.
std::string bounds_for(const pep::Version& version, Bounds bounds);

// The ways in which a list of requirements may be sorted.
enum class SortOrder {
    ignoring_case,       // by name, then by what stands behind it
    plain_ignoring_case, // by the whole text
    case_sensitive,
    plain_case_sensitive,
};

// Whether `a` stands strictly before `b`.
bool sorts_before(SortOrder order, std::string_view a, std::string_view b);

} // namespace pymode::edit

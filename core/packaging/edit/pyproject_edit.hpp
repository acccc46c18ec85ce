// SPDX-License-Identifier: MIT
// Adding requirements to pyproject.toml and removing them: text in, text out. Only the array that
// changes is written anew, everything else keeps every byte; the result is parsed again and says
// exactly what it should, or the edit is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/requirement.hpp"

namespace pymode::edit {

// A list of requirements in the file.
struct DependencyList {
    enum class Kind {
        project, // [project] dependencies
        extra,   // [project.optional-dependencies] NAME
        group,   // [dependency-groups] NAME; of `dev` also [tool.uv] dev-dependencies if it exists
        dev,     // the group `dev`; new ones go to [tool.uv] dev-dependencies if only that exists
    };
    Kind kind = Kind::project;
    std::string name; // of an extra or group, in any spelling

    // "`[project] dependencies`", "the extra `io`", "the group `dev`": for sentences.
    [[nodiscard]] std::string describe() const;
    friend bool operator==(const DependencyList&, const DependencyList&) = default;
};

struct NewRequirement {
    pep::Requirement requirement;
    // Written as it is, in place of the tidy spelling and of merging it with what is there.
    std::string raw;
};

struct Added {
    std::string text;        // the new document
    std::string requirement; // as it stands in the list now
    bool is_new = false;     // no entry of this name and marker was there before
};

// An entry of the same name and the same marker is changed in its place: it gets the extras too,
// and the specifiers if there are any. Otherwise the requirement is inserted, the list created if
// need be. ErrorCode::config: no valid document, a list that is none, several entries that match.
Expected<Added> add_requirement(std::string_view document, const DependencyList& list,
                                const NewRequirement& added);

struct Removed {
    std::string text;
    std::vector<std::string> requirements; // as they were written
};

// Removes every entry of that name (any spelling, any marker) from the list, which stays even when
// it is empty; and what [tool.pymode.sources] and [tool.uv.sources] say of it once no list names
// it. ErrorCode::not_found when it is not in the list; the hint says where else it is.
Expected<Removed> remove_requirement(std::string_view document, const DependencyList& list,
                                     std::string_view name);

// Writes `NAME = { path = "…" }` into [tool.pymode.sources], in place of what is said of it there.
Expected<std::string> set_source_path(std::string_view document, std::string_view name,
                                      std::string_view path);

// The lists that name a package, in the file's order.
Expected<std::vector<DependencyList>> lists_with(std::string_view document, std::string_view name);

} // namespace pymode::edit

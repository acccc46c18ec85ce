// SPDX-License-Identifier: MIT
// One array of requirements as it is written: its items with the comments around them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/packaging/edit/toml_source.hpp"
#include "core/pep/value.hpp"

namespace pymode::edit {

struct ListItem {
    std::vector<std::string> above; // lines before it: comments, "" for a blank line
    std::string source;             // the item as TOML
    std::string comment;            // behind it on its line, with the white space before the "#"
    std::string requirement;        // decoded; empty for a table such as {include-group = "test"}
};

class RequirementList {
  public:
    // What a list that does not exist yet looks like.
    explicit RequirementList(std::string newline) : m_newline(std::move(newline)) {}

    // Reads `array` out of `text`; `value` is the same array as the TOML library read it.
    RequirementList(std::string_view text, const SourceValue& array, const pep::Value& value,
                    std::string newline);

    [[nodiscard]] const std::vector<ListItem>& items() const { return m_items; }

    void replace(std::size_t index, const std::string& requirement);
    // In its place when the requirements are sorted in any of the usual ways, else behind all of
    // them, but before the tables at the end.
    void insert(const std::string& requirement);
    // Comments stay, as lines of their own.
    void remove(std::size_t index);

    // One item a line with a comma behind each; `[]` when nothing is left.
    [[nodiscard]] std::string print() const;

  private:
    void read_gap(std::string_view gap, ListItem* before, std::vector<std::string>& above);
    void note_indent(std::string_view blanks);
    [[nodiscard]] std::size_t place_for(const std::string& requirement) const;

    std::string m_newline;
    std::string m_indent;       // of items; empty: not known yet
    std::string m_close_indent; // of the closing bracket
    std::string m_open_comment; // behind the opening bracket
    std::vector<ListItem> m_items;
    std::vector<std::string> m_below; // lines behind the last item
};

} // namespace pymode::edit

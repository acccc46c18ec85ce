// SPDX-License-Identifier: MIT
// Where the parts of a TOML document stand in its text. A TOML library keeps what a document says
// and forgets comments, spacing and order; who edits a file that people write needs the places.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace pymode::edit {

// Offsets in bytes: [begin, end).
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

enum class SourceKind { array, inline_table, other };

struct SourceMember;

struct SourceValue {
    SourceKind kind = SourceKind::other;
    Span span;
    std::vector<SourceValue> items;    // of an array
    std::vector<SourceMember> members; // of an inline table
};

struct SourceMember {
    std::vector<std::string> key; // several parts for a dotted one; decoded
    SourceValue value;
    // The whole lines of a statement, with their last line end. Of a member of an inline table:
    // from the key to the end of the value.
    Span lines;
};

// A header with the statements below it. The first one of a document has no header and no path.
struct SourceTable {
    std::vector<std::string> path;
    bool is_array_item = false; // [[path]]
    Span header;                // whole lines
    std::vector<SourceMember> members;

    // Behind the last line that belongs to it; comments and blank lines that follow do not.
    [[nodiscard]] std::size_t end() const;
};

// `text` is one that parse_toml takes; of anything else the result is an error or has no meaning,
// but no span ever lies outside of the text.
Expected<std::vector<SourceTable>> scan_toml(std::string_view text);

} // namespace pymode::edit

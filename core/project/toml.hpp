// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace pymode {

// Where a key or a value begins; both count from 1, columns count code points. {0, 0} is "unknown".
struct TomlPosition {
    int line = 0;
    int column = 0;
};

struct TomlMember;

// A parsed TOML value that remembers where it stood. The library's own types stay inside toml.cpp:
// they cost ten seconds of compilation wherever they are included.
struct TomlValue {
    enum class Kind { string, integer, number, boolean, datetime, array, table };

    Kind kind = Kind::table;
    TomlPosition position;
    std::string text; // the string, or the datetime as written
    std::int64_t integer = 0;
    double number = 0;
    bool boolean = false;
    std::vector<TomlValue> items;
    std::vector<TomlMember> members;

    // The member called `key` of a table, nullptr when there is none (or when this is no table).
    [[nodiscard]] const TomlValue* find(std::string_view key) const;
};

struct TomlMember {
    std::string key;
    TomlPosition key_position;
    TomlValue value;
};

// How messages call a kind: "a string", "an array", …
std::string_view describe(TomlValue::Kind kind);

struct TomlDocument {
    std::string file; // as messages show it
    std::string text;
    TomlValue root;

    // The place in the file, with the line's text, for an Error's `where`.
    [[nodiscard]] SourceLocation locate(TomlPosition position) const;

    // A configuration error that points at `position`.
    [[nodiscard]] Error error_at(TomlPosition position, std::string message,
                                 std::string hint = "") const;
};

// Parses TOML 1.0. `file` is only used in messages.
Expected<TomlDocument> parse_toml(std::string file, std::string text);

} // namespace pymode

// SPDX-License-Identifier: MIT
// A configuration file as a tree of values that remember where they stood, whatever its format:
// toml.hpp and jsonc.hpp read into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace pymode {

// Where a key or a value begins; both count from 1, columns count code points. {0, 0} is "unknown".
struct ConfigPosition {
    int line = 0;
    int column = 0;
};

struct ConfigMember;

struct ConfigValue {
    enum class Kind { string, integer, number, boolean, datetime, null, array, table };

    Kind kind = Kind::table;
    ConfigPosition position;
    std::string text; // the string, or the datetime as written
    std::int64_t integer = 0;
    double number = 0;
    bool boolean = false;
    std::vector<ConfigValue> items;
    std::vector<ConfigMember> members; // in the order of the file

    // The member called `key` of a table, nullptr when there is none (or when this is no table).
    [[nodiscard]] const ConfigValue* find(std::string_view key) const;

    // The text of the string called `key`; empty when there is none.
    [[nodiscard]] std::string text_of(std::string_view key) const;
};

struct ConfigMember {
    std::string key;
    ConfigPosition key_position;
    ConfigValue value;
};

// How messages call a kind: "a string", "an array", …
std::string_view describe(ConfigValue::Kind kind);

struct ConfigDocument {
    std::string file; // as messages show it
    std::string text;
    ConfigValue root;

    // The place in the file, with the line's text, for an Error's `where`.
    [[nodiscard]] SourceLocation locate(ConfigPosition position) const;

    // A configuration error that points at `position`.
    [[nodiscard]] Error error_at(ConfigPosition position, std::string message,
                                 std::string hint = "") const;
};

} // namespace pymode

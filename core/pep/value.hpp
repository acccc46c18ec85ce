// SPDX-License-Identifier: MIT
// Parsed TOML as a JSON value: what project tables, dependency groups and lock files are read from.
// A date-time is {"$datetime": "1979-05-27T07:32:00Z"}.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

namespace pymode::pep {

using Value = nlohmann::ordered_json;

// "a string", "a table", … for messages.
std::string_view describe(const Value& value);

// `file` is only used in messages.
Expected<Value> parse_toml_value(std::string_view file, std::string_view text);

// The text of a date-time, empty if `value` is none.
std::string datetime_text(const Value& value);

// As TOML on one line; tables become inline tables.
std::string to_inline_toml(const Value& value);
// A key, quoted where it must be.
std::string to_toml_key(std::string_view key);

} // namespace pymode::pep

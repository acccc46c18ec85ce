// SPDX-License-Identifier: MIT
#include "core/project/toml.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/tomlplusplus.hpp"

namespace pymode {
namespace {

TomlPosition position_of(const toml::source_region& region) {
    return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

template <class Value> std::string to_text(const Value& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

TomlValue convert(const toml::node& node) {
    TomlValue result;
    result.position = position_of(node.source());
    if (const auto* string = node.as_string()) {
        result.kind = TomlValue::Kind::string;
        result.text = string->get();
    } else if (const auto* integer = node.as_integer()) {
        result.kind = TomlValue::Kind::integer;
        result.integer = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
        result.kind = TomlValue::Kind::number;
        result.number = number->get();
    } else if (const auto* boolean = node.as_boolean()) {
        result.kind = TomlValue::Kind::boolean;
        result.boolean = boolean->get();
    } else if (const auto* array = node.as_array()) {
        result.kind = TomlValue::Kind::array;
        for (const toml::node& item : *array) {
            result.items.push_back(convert(item));
        }
    } else if (const auto* table = node.as_table()) {
        result.kind = TomlValue::Kind::table;
        for (const auto& [key, value] : *table) {
            result.members.push_back(
                {std::string(key.str()), position_of(key.source()), convert(value)});
        }
        // The library sorts by key; people read their file from the top.
        std::ranges::sort(result.members, {}, [](const TomlMember& member) {
            return std::pair(member.key_position.line, member.key_position.column);
        });
    } else {
        result.kind = TomlValue::Kind::datetime;
        if (const auto* date = node.as_date()) {
            result.text = to_text(date->get());
        } else if (const auto* time = node.as_time()) {
            result.text = to_text(time->get());
        } else if (const auto* date_time = node.as_date_time()) {
            result.text = to_text(date_time->get());
        }
    }
    return result;
}

// The line without its line end; empty when the file has no such line.
std::string line_of(std::string_view text, int number) {
    for (int line = 1; line < number; ++line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            return "";
        }
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    return std::string(text);
}

// The library counts code points, SourceLocation bytes.
int byte_column(std::string_view line, int column) {
    std::size_t at = 0;
    for (int passed = 1; passed < column && at < line.size(); ++passed) {
        ++at;
        while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80) {
            ++at;
        }
    }
    return column > 0 ? static_cast<int>(at) + 1 : 0;
}

} // namespace

const TomlValue* TomlValue::find(std::string_view key) const {
    for (const TomlMember& member : members) {
        if (member.key == key) {
            return &member.value;
        }
    }
    return nullptr;
}

std::string_view describe(TomlValue::Kind kind) {
    switch (kind) {
    case TomlValue::Kind::string:
        return "a string";
    case TomlValue::Kind::integer:
        return "an integer";
    case TomlValue::Kind::number:
        return "a number";
    case TomlValue::Kind::boolean:
        return "a boolean";
    case TomlValue::Kind::datetime:
        return "a date or time";
    case TomlValue::Kind::array:
        return "an array";
    case TomlValue::Kind::table:
        return "a table";
    }
    return "a value";
}

SourceLocation TomlDocument::locate(TomlPosition position) const {
    std::string line = line_of(text, position.line);
    const int column = byte_column(line, position.column);
    return {file, position.line, column, std::move(line)};
}

Error TomlDocument::error_at(TomlPosition position, std::string message, std::string hint) const {
    Error error;
    error.code = ErrorCode::config;
    error.message = std::move(message);
    error.hint = std::move(hint);
    if (position.line > 0) {
        error.where = locate(position);
    }
    return error;
}

Expected<TomlDocument> parse_toml(std::string file, std::string text) {
    TomlDocument document{std::move(file), std::move(text), {}};
    const toml::parse_result result = toml::parse(std::string_view(document.text));
    if (!result) {
        const toml::parse_error& problem = result.error();
        return std::unexpected(document.error_at(
            position_of(problem.source()), "bad TOML: " + std::string(problem.description())));
    }
    document.root = convert(result.table());
    return document;
}

} // namespace pymode

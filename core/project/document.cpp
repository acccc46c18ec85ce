// SPDX-License-Identifier: MIT
#include "core/project/document.hpp"

#include <utility>

namespace pymode {
namespace {

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

// Positions count code points, SourceLocation bytes.
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

const ConfigValue* ConfigValue::find(std::string_view key) const {
    for (const ConfigMember& member : members) {
        if (member.key == key) {
            return &member.value;
        }
    }
    return nullptr;
}

std::string ConfigValue::text_of(std::string_view key) const {
    const ConfigValue* value = find(key);
    return value ? value->text : "";
}

std::string_view describe(ConfigValue::Kind kind) {
    switch (kind) {
    case ConfigValue::Kind::string:
        return "a string";
    case ConfigValue::Kind::integer:
        return "an integer";
    case ConfigValue::Kind::number:
        return "a number";
    case ConfigValue::Kind::boolean:
        return "a boolean";
    case ConfigValue::Kind::datetime:
        return "a date or time";
    case ConfigValue::Kind::null:
        return "null";
    case ConfigValue::Kind::array:
        return "an array";
    case ConfigValue::Kind::table:
        return "a table";
    }
    return "a value";
}

SourceLocation ConfigDocument::locate(ConfigPosition position) const {
    std::string line = line_of(text, position.line);
    const int column = byte_column(line, position.column);
    return {file, position.line, column, std::move(line)};
}

Error ConfigDocument::error_at(ConfigPosition position, std::string message,
                               std::string hint) const {
    Error error;
    error.code = ErrorCode::config;
    error.message = std::move(message);
    error.hint = std::move(hint);
    if (position.line > 0) {
        error.where = locate(position);
    }
    return error;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/project/toml.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/tomlplusplus.hpp"

namespace pymode {
namespace {

ConfigPosition position_of(const toml::source_region& region) {
    return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

template <class Value> std::string to_text(const Value& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

ConfigValue convert(const toml::node& node) {
    ConfigValue result;
    result.position = position_of(node.source());
    if (const auto* string = node.as_string()) {
        result.kind = ConfigValue::Kind::string;
        result.text = string->get();
    } else if (const auto* integer = node.as_integer()) {
        result.kind = ConfigValue::Kind::integer;
        result.integer = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
        result.kind = ConfigValue::Kind::number;
        result.number = number->get();
    } else if (const auto* boolean = node.as_boolean()) {
        result.kind = ConfigValue::Kind::boolean;
        result.boolean = boolean->get();
    } else if (const auto* array = node.as_array()) {
        result.kind = ConfigValue::Kind::array;
        for (const toml::node& item : *array) {
            result.items.push_back(convert(item));
        }
    } else if (const auto* table = node.as_table()) {
        result.kind = ConfigValue::Kind::table;
        for (const auto& [key, value] : *table) {
            result.members.push_back(
                {std::string(key.str()), position_of(key.source()), convert(value)});
        }
        // The library sorts by key; people read their file from the top.
        std::ranges::sort(result.members, {}, [](const ConfigMember& member) {
            return std::pair(member.key_position.line, member.key_position.column);
        });
    } else {
        result.kind = ConfigValue::Kind::datetime;
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

} // namespace

Expected<ConfigDocument> parse_toml(std::string file, std::string text) {
    ConfigDocument document{std::move(file), std::move(text), {}};
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

// SPDX-License-Identifier: MIT
#include "core/pep/value.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/tomlplusplus.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::pep {

namespace {

constexpr const char* datetime_key = "$datetime";

template <class T> std::string printed(const T& value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

Value convert(const toml::node& node);

// The library sorts by key; the order of the file is part of what the author said.
Value convert_table(const toml::table& table) {
    struct Member {
        toml::source_position place;
        const toml::key* key;
        const toml::node* node;
    };
    std::vector<Member> members;
    for (const auto& [key, item] : table) {
        members.push_back({key.source().begin, &key, &item});
    }
    std::ranges::sort(members, {}, [](const Member& member) {
        return std::pair(member.place.line, member.place.column);
    });
    Value object = Value::object();
    for (const Member& member : members) {
        object[std::string(member.key->str())] = convert(*member.node);
    }
    return object;
}

Value convert(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        return convert_table(*table);
    }
    if (const auto* array = node.as_array()) {
        Value list = Value::array();
        for (const toml::node& item : *array) {
            list.push_back(convert(item));
        }
        return list;
    }
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    if (const auto* integer = node.as_integer()) {
        return integer->get();
    }
    if (const auto* number = node.as_floating_point()) {
        return number->get();
    }
    if (const auto* boolean = node.as_boolean()) {
        return boolean->get();
    }
    if (const auto* date = node.as_date()) {
        return {{datetime_key, printed(date->get())}};
    }
    if (const auto* time = node.as_time()) {
        return {{datetime_key, printed(time->get())}};
    }
    const auto* moment = node.as_date_time();
    return {{datetime_key, moment != nullptr ? printed(moment->get()) : std::string()}};
}

bool is_bare_key(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '-';
    });
}

std::string quoted_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            result += fmt::format("\\u{:04X}", byte);
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string float_text(double number) {
    if (std::isnan(number)) {
        return "nan";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-inf" : "inf";
    }
    std::string text = fmt::format("{}", number);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

} // namespace

std::string_view describe(const Value& value) {
    switch (value.type()) {
    case Value::value_t::object:
        return datetime_text(value).empty() ? "a table" : "a date-time";
    case Value::value_t::array:
        return "an array";
    case Value::value_t::string:
        return "a string";
    case Value::value_t::boolean:
        return "a boolean";
    case Value::value_t::number_integer:
    case Value::value_t::number_unsigned:
        return "an integer";
    case Value::value_t::number_float:
        return "a float";
    default:
        return "nothing";
    }
}

Expected<Value> parse_toml_value(std::string_view file, std::string_view text) {
    const toml::parse_result result = toml::parse(text);
    if (!result) {
        const toml::parse_error& problem = result.error();
        SourceLocation where;
        where.file = file;
        where.line = static_cast<int>(problem.source().begin.line);
        where.column = static_cast<int>(problem.source().begin.column);
        return std::unexpected(
            Error{ErrorCode::config, std::string(problem.description()), {}, "", where});
    }
    return convert(result.table());
}

namespace {

// One spelling for one moment, so that reading and writing a file again changes nothing:
// "T" and "Z" in upper case, Z for +00:00, no zeros at the end of a fraction.
std::string normalize_datetime(std::string text) {
    std::ranges::replace(text, 't', 'T');
    std::ranges::replace(text, 'z', 'Z');
    std::ranges::replace(text, ' ', 'T');
    if (text.ends_with("+00:00") || text.ends_with("-00:00")) {
        text.replace(text.size() - 6, 6, "Z");
    }
    const std::size_t point = text.find('.');
    if (point == std::string::npos) {
        return text;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789", point + 1), text.size());
    std::size_t keep = text.find_last_not_of('0', end - 1) + 1;
    keep = keep == point + 1 ? point : keep;
    return text.erase(keep, end - keep);
}

} // namespace

std::string datetime_text(const Value& value) {
    if (!value.is_object() || value.size() != 1 || !value.contains(datetime_key) ||
        !value[datetime_key].is_string()) {
        return "";
    }
    std::string text = value[datetime_key];
    // It is written as it is, so nothing else may hide in it.
    const bool valid = !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || std::string_view("+-:.TtZz ").find(c) != std::string_view::npos;
    });
    return valid ? normalize_datetime(std::move(text)) : "";
}

std::string to_toml_key(std::string_view key) {
    return is_bare_key(key) ? std::string(key) : quoted_text(key);
}

std::string to_inline_toml(const Value& value) {
    if (value.is_string()) {
        return quoted_text(value.get_ref<const std::string&>());
    }
    if (value.is_number_float()) {
        return float_text(value);
    }
    if (const std::string moment = datetime_text(value); !moment.empty()) {
        return moment;
    }
    if (value.is_array()) {
        std::string text;
        for (const Value& item : value) {
            text += (text.empty() ? "" : ", ") + to_inline_toml(item);
        }
        return '[' + text + ']';
    }
    if (value.is_object()) {
        std::string text;
        for (const auto& [key, item] : value.items()) {
            text += (text.empty() ? "" : ", ") + to_toml_key(key) + " = " + to_inline_toml(item);
        }
        return text.empty() ? "{}" : "{ " + text + " }";
    }
    return value.dump(); // integers and booleans are written alike
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#include "core/project/names.hpp"

#include <algorithm>
#include <array>

namespace pymode {
namespace {

constexpr std::size_t kMaxScriptName = 63;

// <cctype> depends on the locale and on the sign of char; names are ASCII.
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

} // namespace

bool is_script_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxScriptName && name.front() != '-' &&
           name.back() != '-' &&
           std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

std::string suggest_script_name(std::string_view name) {
    std::string result;
    for (const char c : name) {
        if (is_lower(c) || is_digit(c)) {
            result += c;
        } else if (is_upper(c)) {
            result += static_cast<char>(c - 'A' + 'a');
        } else if (!result.empty() && result.back() != '-') {
            result += '-';
        }
    }
    result.resize(std::min(result.size(), kMaxScriptName));
    while (result.ends_with('-')) {
        result.pop_back();
    }
    return result;
}

bool is_identifier(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) && std::ranges::all_of(name, [](char c) {
        return is_lower(c) || is_upper(c) || is_digit(c) || c == '_';
    });
}

bool is_hex_id(std::string_view id) {
    return id.size() == 32 && std::ranges::all_of(id, is_hex);
}

bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9}) {
        if (!is_digit(text[i])) {
            return false;
        }
    }
    const auto number = [&](std::size_t at, std::size_t length) {
        int value = 0;
        for (const char c : text.substr(at, length)) {
            value = value * 10 + (c - '0');
        }
        return value;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    if (month < 1 || month > 12) {
        return false;
    }
    constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int last = kDays[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
    return day >= 1 && day <= last;
}

} // namespace pymode

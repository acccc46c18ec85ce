// SPDX-License-Identifier: MIT
#include "core/pep/name.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::pep {

bool is_valid_name(std::string_view name) {
    return !name.empty() && is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
           std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || is_separator(c); });
}

std::string normalize_name(std::string_view name) {
    std::string normal;
    normal.reserve(name.size());
    bool in_run = false;
    for (const char c : name) {
        if (is_separator(c)) {
            if (!in_run) {
                normal += '-';
            }
            in_run = true;
        } else {
            normal += c;
            in_run = false;
        }
    }
    return to_lower_ascii(normal);
}

bool is_normalized_name(std::string_view name) {
    return is_valid_name(name) && normalize_name(name) == name;
}

} // namespace pymode::pep

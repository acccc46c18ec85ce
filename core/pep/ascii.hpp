// SPDX-License-Identifier: MIT
// Character classes of the packaging standards: ASCII only, whatever the locale says.
#pragma once

namespace pymode::pep {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_letter(c);
}

// What may join the parts of a version or of a name.
constexpr bool is_separator(char c) {
    return c == '-' || c == '_' || c == '.';
}

// White space inside a requirement: a line end is none.
constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#include "core/packaging/index/json_scanner.hpp"

#include "core/base/text.hpp"
#include "core/base/utf8.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::detail {

JsonScanner::Token JsonScanner::fail() {
    m_failed = true;
    return Token::error;
}

void JsonScanner::skip_spaces() {
    while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' ||
                                    m_text[m_at] == '\r' || m_text[m_at] == '\t')) {
        ++m_at;
    }
}

void JsonScanner::skip_digits() {
    while (m_at < m_text.size() && pep::is_digit(m_text[m_at])) {
        ++m_at;
    }
}

void JsonScanner::after_value() {
    m_expect = m_levels.empty() ? Expect::nothing : Expect::comma_or_end;
}

JsonScanner::Token JsonScanner::next() {
    if (m_failed) {
        return Token::error;
    }
    skip_spaces();
    if (m_expect == Expect::nothing) {
        return m_at == m_text.size() ? Token::end : fail();
    }
    if (m_at == m_text.size()) {
        return fail();
    }
    if (m_expect == Expect::comma_or_end) {
        if (m_text[m_at] != ',') {
            return close(m_text[m_at]);
        }
        ++m_at;
        skip_spaces();
        m_expect = m_levels.back() == '{' ? Expect::name : Expect::value;
        if (m_at == m_text.size()) {
            return fail();
        }
    }
    const char c = m_text[m_at];
    if (m_expect == Expect::name || m_expect == Expect::name_or_end) {
        if (c != '"') {
            return m_expect == Expect::name_or_end ? close(c) : fail();
        }
        if (!scan_string()) {
            return fail();
        }
        skip_spaces();
        if (m_at == m_text.size() || m_text[m_at] != ':') {
            return fail();
        }
        ++m_at;
        m_expect = Expect::value;
        return Token::name;
    }
    return c == ']' && m_expect == Expect::value_or_end ? close(c) : value(c);
}

JsonScanner::Token JsonScanner::open(bool object) {
    if (m_levels.size() >= max_depth) {
        return fail();
    }
    ++m_at;
    m_levels += object ? '{' : '[';
    m_expect = object ? Expect::name_or_end : Expect::value_or_end;
    return object ? Token::object_begin : Token::array_begin;
}

JsonScanner::Token JsonScanner::close(char bracket) {
    const bool object = m_levels.back() == '{';
    if (bracket != (object ? '}' : ']')) {
        return fail();
    }
    ++m_at;
    m_levels.pop_back();
    after_value();
    return object ? Token::object_end : Token::array_end;
}

JsonScanner::Token JsonScanner::value(char first) {
    switch (first) {
    case '{':
        return open(true);
    case '[':
        return open(false);
    case '"':
        if (!scan_string()) {
            return fail();
        }
        after_value();
        return Token::string;
    case 't':
        m_boolean = true;
        return word("true", Token::boolean);
    case 'f':
        m_boolean = false;
        return word("false", Token::boolean);
    case 'n':
        return word("null", Token::null);
    default:
        return scan_number();
    }
}

JsonScanner::Token JsonScanner::word(std::string_view whole, Token token) {
    if (m_text.substr(m_at, whole.size()) != whole) {
        return fail();
    }
    m_at += whole.size();
    after_value();
    return token;
}

JsonScanner::Token JsonScanner::scan_number() {
    const std::size_t begin = m_at;
    if (m_text[m_at] == '-') {
        ++m_at;
    }
    const std::size_t digits = m_at;
    skip_digits();
    // Something, and no zero in front of other digits.
    if (m_at == digits || (m_text[digits] == '0' && m_at - digits > 1)) {
        return fail();
    }
    const bool whole_number = begin == digits;
    const std::size_t whole_end = m_at;
    if (m_at < m_text.size() && m_text[m_at] == '.') {
        const std::size_t fraction = ++m_at;
        skip_digits();
        if (m_at == fraction) {
            return fail();
        }
    }
    if (m_at < m_text.size() && (m_text[m_at] == 'e' || m_text[m_at] == 'E')) {
        ++m_at;
        if (m_at < m_text.size() && (m_text[m_at] == '+' || m_text[m_at] == '-')) {
            ++m_at;
        }
        const std::size_t exponent = m_at;
        skip_digits();
        if (m_at == exponent) {
            return fail();
        }
    }
    m_number = whole_number && m_at == whole_end
                   ? parse_unsigned(m_text.substr(begin, m_at - begin))
                   : std::nullopt;
    after_value();
    return Token::number;
}

// From the quote on. Most strings have no escapes: they are views into the text.
bool JsonScanner::scan_string() {
    const std::size_t begin = ++m_at;
    bool escaped = false;
    std::size_t copied = begin;
    while (m_at < m_text.size()) {
        const auto c = static_cast<unsigned char>(m_text[m_at]);
        if (c == '"') {
            if (escaped) {
                m_decoded += m_text.substr(copied, m_at - copied);
                m_string = m_decoded;
            } else {
                m_string = m_text.substr(begin, m_at - begin);
            }
            ++m_at;
            return true;
        }
        if (c < 0x20) {
            return false;
        }
        if (c != '\\') {
            ++m_at;
            continue;
        }
        if (!escaped) {
            m_decoded.clear();
            escaped = true;
        }
        m_decoded += m_text.substr(copied, m_at - copied);
        if (!scan_escape()) {
            return false;
        }
        copied = m_at;
    }
    return false;
}

bool JsonScanner::scan_escape() {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    ++m_at;
    if (m_at >= m_text.size()) {
        return false;
    }
    const char letter = m_text[m_at++];
    if (const auto index = letters.find(letter); index != std::string_view::npos) {
        m_decoded += meanings[index];
        return true;
    }
    auto point = letter == 'u' ? scan_hex() : std::nullopt;
    if (!point || (*point >= 0xDC00 && *point <= 0xDFFF)) {
        return false;
    }
    if (*point >= 0xD800 && *point <= 0xDBFF) {
        if (m_text.substr(m_at, 2) != "\\u") {
            return false;
        }
        m_at += 2;
        const auto low = scan_hex();
        if (!low || *low < 0xDC00 || *low > 0xDFFF) {
            return false;
        }
        point = 0x10000U + ((*point - 0xD800U) << 10U) + (*low - 0xDC00U);
    }
    append_utf8(m_decoded, *point);
    return true;
}

std::optional<std::uint32_t> JsonScanner::scan_hex() {
    if (m_text.size() - m_at < 4) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = m_text[m_at++];
        const int digit = pep::is_digit(c)       ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) {
            return std::nullopt;
        }
        value = value << 4U | static_cast<std::uint32_t>(digit);
    }
    return value;
}

} // namespace pymode::detail

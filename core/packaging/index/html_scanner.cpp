// SPDX-License-Identifier: MIT
#include "core/packaging/index/html_scanner.hpp"

#include <algorithm>
#include <cstdint>

#include "core/base/text.hpp"
#include "core/base/utf8.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::detail {

namespace {

constexpr std::size_t max_attributes = 64;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// What is no character becomes U+FFFD.
void append_character(std::string& text, std::uint32_t point) {
    const bool is_character = point != 0 && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    append_utf8(text, is_character ? point : 0xFFFD);
}

// The number of "#62" or "#x3e".
std::optional<std::uint32_t> numeric_entity(std::string_view text) {
    text.remove_prefix(1);
    const bool hex = text.starts_with('x') || text.starts_with('X');
    if (hex) {
        text.remove_prefix(1);
    }
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9'          ? c - '0'
                          : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0) {
            return std::nullopt;
        }
        value = std::min<std::uint32_t>(value * (hex ? 16 : 10) + static_cast<unsigned>(digit),
                                        0x110000);
    }
    return value;
}

bool append_entity(std::string& text, std::string_view name) {
    static constexpr std::pair<std::string_view, char> named[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    if (name.starts_with('#')) {
        const auto point = numeric_entity(name);
        if (point) {
            append_character(text, *point);
        }
        return point.has_value();
    }
    for (const auto& [entity, character] : named) {
        if (name == entity) {
            text += character;
            return true;
        }
    }
    return false;
}

} // namespace

std::string decode_entities(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    std::size_t at = 0;
    while (at < text.size()) {
        const auto ampersand = std::min(text.find('&', at), text.size());
        decoded += text.substr(at, ampersand - at);
        at = ampersand;
        if (at == text.size()) {
            break;
        }
        // The longest that is known has eight characters.
        const auto end = text.substr(at, 16).find(';');
        if (end != std::string_view::npos && append_entity(decoded, text.substr(at + 1, end - 1))) {
            at += end + 1;
        } else {
            decoded += '&';
            ++at;
        }
    }
    return decoded;
}

const std::string* HtmlTag::attribute(std::string_view wanted) const {
    const auto found = std::ranges::find_if(
        attributes, [&](const auto& attribute) { return attribute.first == wanted; });
    return found == attributes.end() ? nullptr : &found->second;
}

std::optional<HtmlTag> HtmlScanner::next() {
    while ((m_at = m_text.find('<', m_at)) != std::string_view::npos) {
        ++m_at;
        if (m_at == m_text.size()) {
            break;
        }
        if (m_text[m_at] == '!' || m_text[m_at] == '?' || m_text[m_at] == '/') {
            skip_declaration();
            continue;
        }
        if (!pep::is_letter(m_text[m_at])) {
            continue;
        }
        const std::size_t begin = m_at;
        while (m_at < m_text.size() && !is_space(m_text[m_at]) && m_text[m_at] != '>' &&
               m_text[m_at] != '/') {
            ++m_at;
        }
        HtmlTag tag;
        tag.name = to_lower_ascii(m_text.substr(begin, m_at - begin));
        read_attributes(tag);
        if (tag.name == "script" || tag.name == "style" || tag.name == "textarea" ||
            tag.name == "title") {
            skip_raw_text(tag.name);
        }
        return tag;
    }
    m_at = m_text.size();
    return std::nullopt;
}

// "!--…--", "!DOCTYPE …", "?xml …?", "/a".
void HtmlScanner::skip_declaration() {
    const bool comment = m_text.substr(m_at).starts_with("!--");
    const std::string_view end = comment ? "-->" : ">";
    // "<!-->" is a whole comment.
    const auto found = m_text.find(end, m_at + (comment ? 1 : 0));
    m_at = found == std::string_view::npos ? m_text.size() : found + end.size();
}

void HtmlScanner::skip_raw_text(std::string_view element) {
    while ((m_at = m_text.find("</", m_at)) != std::string_view::npos) {
        if (equals_ignoring_case(m_text.substr(m_at + 2, element.size()), element)) {
            return;
        }
        m_at += 2;
    }
    m_at = m_text.size();
}

void HtmlScanner::skip_spaces() {
    while (m_at < m_text.size() && is_space(m_text[m_at])) {
        ++m_at;
    }
}

void HtmlScanner::read_attributes(HtmlTag& tag) {
    while (true) {
        while (m_at < m_text.size() && (is_space(m_text[m_at]) || m_text[m_at] == '/')) {
            ++m_at;
        }
        if (m_at >= m_text.size()) {
            return;
        }
        if (m_text[m_at] == '>') {
            ++m_at;
            return;
        }
        const std::size_t begin = m_at;
        ++m_at; // whatever it is: a name has at least one character
        while (m_at < m_text.size() && !is_space(m_text[m_at]) && m_text[m_at] != '=' &&
               m_text[m_at] != '>' && m_text[m_at] != '/') {
            ++m_at;
        }
        std::string name = to_lower_ascii(m_text.substr(begin, m_at - begin));
        skip_spaces();
        std::string value;
        if (m_at < m_text.size() && m_text[m_at] == '=') {
            ++m_at;
            skip_spaces();
            value = read_value();
        }
        if (tag.attributes.size() < max_attributes && tag.attribute(name) == nullptr) {
            tag.attributes.emplace_back(std::move(name), std::move(value));
        }
    }
}

std::string HtmlScanner::read_value() {
    if (m_at >= m_text.size()) {
        return "";
    }
    const char quote = m_text[m_at];
    if (quote == '"' || quote == '\'') {
        const std::size_t begin = m_at + 1;
        const auto end = std::min(m_text.find(quote, begin), m_text.size());
        m_at = std::min(end + 1, m_text.size());
        return decode_entities(m_text.substr(begin, end - begin));
    }
    const std::size_t begin = m_at;
    while (m_at < m_text.size() && !is_space(m_text[m_at]) && m_text[m_at] != '>') {
        ++m_at;
    }
    return decode_entities(m_text.substr(begin, m_at - begin));
}

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "core/pep/ascii.hpp"

namespace pymode::pep {

// A place in a text that is being parsed.
class TextCursor {
  public:
    explicit TextCursor(std::string_view text, std::size_t position = 0)
        : m_text(text), m_position(position) {}

    [[nodiscard]] std::size_t position() const { return m_position; }
    [[nodiscard]] std::string_view text() const { return m_text; }
    [[nodiscard]] std::string_view rest() const { return m_text.substr(m_position); }
    [[nodiscard]] bool at_end() const { return m_position == m_text.size(); }
    [[nodiscard]] char peek() const { return at_end() ? '\0' : m_text[m_position]; }
    [[nodiscard]] bool at(char c) const { return !at_end() && m_text[m_position] == c; }

    void move_to(std::size_t position) { m_position = position; }

    void skip_blanks() {
        while (!at_end() && is_blank(peek())) {
            ++m_position;
        }
    }

    bool take(char c) {
        const bool found = at(c);
        m_position += found ? 1 : 0;
        return found;
    }

    bool take(std::string_view token) {
        const bool found = rest().starts_with(token);
        m_position += found ? token.size() : 0;
        return found;
    }

    // Takes `word` unless it is only the beginning of a longer one.
    bool take_word(std::string_view word) {
        const std::string_view ahead = rest();
        if (!ahead.starts_with(word) ||
            (ahead.size() > word.size() && continues_word(ahead[word.size()]))) {
            return false;
        }
        m_position += word.size();
        return true;
    }

    static bool continues_word(char c) {
        return is_alphanumeric(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    }

  private:
    std::string_view m_text;
    std::size_t m_position;
};

} // namespace pymode::pep

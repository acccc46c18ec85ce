// SPDX-License-Identifier: MIT
// JSON (RFC 8259) as a stream of events, for pages of tens of thousands of files. nlohmann's reader
// looks at each byte by itself and copies every string: a page of 10,000 files (6 MB) takes twice
// the time with it. That both accept the same texts, and say the same of them, is what
// tests/fuzz/simple_json.cpp checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pymode::detail {

class JsonScanner {
  public:
    enum class Token {
        object_begin,
        object_end,
        array_begin,
        array_end,
        name,   // of a member; `text` has it
        string, // `text` has it
        number, // `number` has it if it is a whole one that fits, without sign
        boolean,
        null,
        end,
        error,
    };

    // The text must be valid UTF-8 and outlive the scanner.
    explicit JsonScanner(std::string_view text) : m_text(text) {}

    // After `end` and `error`: the same again.
    [[nodiscard]] Token next();

    // Of the last token; until the next call. Escapes are decoded.
    [[nodiscard]] std::string_view text() const { return m_string; }
    [[nodiscard]] std::optional<std::uint64_t> number() const { return m_number; }
    [[nodiscard]] bool boolean() const { return m_boolean; }

    // Where the scanner is: of an error, its place.
    [[nodiscard]] std::size_t position() const { return m_at; }

    // Deeper documents are an error.
    static constexpr std::size_t max_depth = 64;

  private:
    enum class Expect { value, value_or_end, name, name_or_end, comma_or_end, nothing };

    Token fail();
    Token value(char first);
    Token word(std::string_view whole, Token token);
    Token scan_number();
    Token open(bool object);
    Token close(char bracket);
    [[nodiscard]] bool scan_string();
    [[nodiscard]] bool scan_escape();
    [[nodiscard]] std::optional<std::uint32_t> scan_hex();
    void skip_spaces();
    void skip_digits();
    void after_value();

    std::string_view m_text;
    std::size_t m_at = 0;
    std::string m_levels; // '{' and '[' that are open
    Expect m_expect = Expect::value;
    bool m_failed = false;
    std::string_view m_string;
    std::string m_decoded; // when a string has escapes
    std::optional<std::uint64_t> m_number;
    bool m_boolean = false;
};

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
#include "core/project/jsonc.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/base/utf8.hpp"

namespace pymode {
namespace {

using Kind = ConfigValue::Kind;

constexpr int kMaxDepth = 100;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Reads one document; every function returns false after it has noted the error.
class JsoncReader {
  public:
    explicit JsoncReader(ConfigDocument& document) : m_document(document), m_text(document.text) {
        if (m_text.starts_with("\xEF\xBB\xBF")) { // editors of Windows write a byte order mark
            m_at = 3;
        }
    }

    Expected<> read() {
        const bool ok = skip_blank() && read_value(m_document.root, 0) && skip_blank() && at_end();
        if (!ok) {
            return std::unexpected(std::move(m_error));
        }
        return {};
    }

  private:
    bool error(ConfigPosition position, std::string message) {
        m_error = m_document.error_at(position, "bad JSON: " + std::move(message));
        return false;
    }
    bool error(std::string message) { return error(position(), std::move(message)); }

    [[nodiscard]] ConfigPosition position() const { return {m_line, m_column}; }
    [[nodiscard]] bool done() const { return m_at >= m_text.size(); }
    [[nodiscard]] char peek() const { return done() ? '\0' : m_text[m_at]; }

    void advance() {
        if (m_text[m_at] == '\n') {
            ++m_line;
            m_column = 0;
        }
        ++m_at;
        // Columns count code points: the other bytes of one count nothing.
        if (done() || (static_cast<unsigned char>(m_text[m_at]) & 0xC0) != 0x80) {
            ++m_column;
        }
    }

    bool take(char c) {
        if (peek() != c || done()) {
            return false;
        }
        advance();
        return true;
    }

    // White space and comments.
    bool skip_blank() {
        while (!done()) {
            const char c = peek();
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                advance();
            } else if (m_text.substr(m_at).starts_with("//")) {
                while (!done() && peek() != '\n') {
                    advance();
                }
            } else if (m_text.substr(m_at).starts_with("/*")) {
                const ConfigPosition start = position();
                const std::size_t end = m_text.find("*/", m_at + 2);
                if (end == std::string_view::npos) {
                    return error(start, "the comment that begins here has no end");
                }
                while (m_at < end + 2) {
                    advance();
                }
            } else {
                return true;
            }
        }
        return true;
    }

    bool at_end() { return done() || error("there is more behind the value"); }

    bool read_value(ConfigValue& value, int depth) {
        value.position = position();
        if (depth > kMaxDepth) {
            return error(fmt::format("values are nested deeper than {}", kMaxDepth));
        }
        switch (peek()) {
        case '{':
            value.kind = Kind::table;
            return read_object(value, depth);
        case '[':
            value.kind = Kind::array;
            return read_array(value, depth);
        case '"':
            value.kind = Kind::string;
            return read_string(value.text);
        default:
            return peek() == '-' || is_digit(peek()) ? read_number(value) : read_word(value);
        }
    }

    bool read_object(ConfigValue& value, int depth) {
        const ConfigPosition start = position();
        std::set<std::string> keys;
        advance();
        while (true) {
            if (!skip_blank()) {
                return false;
            }
            if (take('}')) {
                return true;
            }
            if (done()) {
                return error(start, "the object that begins here has no end");
            }
            if (!read_member(value, keys, depth) || !skip_blank()) {
                return false;
            }
            if (!take(',') && peek() != '}') {
                return done() ? error(start, "the object that begins here has no end")
                              : error("a comma or } is missing before this");
            }
        }
    }

    bool read_member(ConfigValue& object, std::set<std::string>& keys, int depth) {
        ConfigMember member;
        member.key_position = position();
        if (peek() != '"') {
            return error("a key in double quotes is missing here");
        }
        if (!read_string(member.key)) {
            return false;
        }
        if (!keys.insert(member.key).second) {
            return error(
                member.key_position,
                fmt::format("the key `{}` stands twice in this object", printable(member.key)));
        }
        if (!skip_blank()) {
            return false;
        }
        if (!take(':')) {
            return error("a colon is missing before this");
        }
        if (!skip_blank() || !read_value(member.value, depth + 1)) {
            return false;
        }
        object.members.push_back(std::move(member));
        return true;
    }

    bool read_array(ConfigValue& value, int depth) {
        const ConfigPosition start = position();
        advance();
        while (true) {
            if (!skip_blank()) {
                return false;
            }
            if (take(']')) {
                return true;
            }
            if (done()) {
                return error(start, "the array that begins here has no end");
            }
            ConfigValue item;
            if (!read_value(item, depth + 1) || !skip_blank()) {
                return false;
            }
            value.items.push_back(std::move(item));
            if (!take(',') && peek() != ']') {
                return done() ? error(start, "the array that begins here has no end")
                              : error("a comma or ] is missing before this");
            }
        }
    }

    bool read_string(std::string& text) {
        const ConfigPosition start = position();
        advance();
        while (!take('"')) {
            if (done() || peek() == '\n') {
                return error(start, "the string that begins here has no end");
            }
            const char c = peek();
            if (static_cast<unsigned char>(c) < 0x20) {
                return error("a string cannot hold this control character; write it as \\u00XX");
            }
            if (c == '\\') {
                if (!read_escape(text)) {
                    return false;
                }
            } else {
                text += c;
                advance();
            }
        }
        return true;
    }

    bool read_escape(std::string& text) {
        const ConfigPosition start = position();
        advance();
        constexpr std::string_view kLetters = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const char c = peek();
        const std::size_t letter = done() ? std::string_view::npos : kLetters.find(c);
        if (letter != std::string_view::npos) {
            advance();
            text += kMeanings[letter];
            return true;
        }
        if (c != 'u') {
            return error(start, "there is no such escape in JSON");
        }
        std::optional<std::uint32_t> code = read_code_unit();
        if (code && *code >= 0xD800 && *code < 0xDC00 && take('\\')) {
            const std::optional<std::uint32_t> low =
                peek() == 'u' ? read_code_unit() : std::nullopt;
            if (!low || *low < 0xDC00 || *low >= 0xE000) {
                return error(start, "half of a surrogate pair is missing");
            }
            code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
        }
        if (!code) {
            return error(start, "\\u needs four hex digits");
        }
        if (*code >= 0xD800 && *code < 0xE000) {
            return error(start, "half of a surrogate pair is missing");
        }
        append_utf8(text, *code);
        return true;
    }

    // The four digits behind the `u` that is next.
    std::optional<std::uint32_t> read_code_unit() {
        const std::string_view digits = m_text.substr(m_at + 1, 4);
        std::uint32_t code = 0;
        const auto [end, failure] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (digits.size() < 4 || failure != std::errc() || end != digits.data() + digits.size()) {
            return std::nullopt;
        }
        for (int i = 0; i < 5; ++i) {
            advance();
        }
        return code;
    }

    bool skip_digits() {
        const std::size_t first = m_at;
        while (is_digit(peek())) {
            advance();
        }
        return m_at > first;
    }

    bool read_number(ConfigValue& value) {
        const std::size_t first = m_at;
        take('-');
        const bool zero = peek() == '0';
        const std::size_t digits = m_at;
        bool ok = skip_digits() && (!zero || m_at == digits + 1);
        bool whole = true;
        if (ok && take('.')) {
            whole = false;
            ok = skip_digits();
        }
        if (ok && (take('e') || take('E'))) {
            whole = false;
            if (!take('+')) {
                take('-');
            }
            ok = skip_digits();
        }
        if (!ok) {
            return error(value.position, "this is no number");
        }
        const std::string_view text = m_text.substr(first, m_at - first);
        if (whole) {
            value.kind = Kind::integer;
            const auto parsed =
                std::from_chars(text.data(), text.data() + text.size(), value.integer);
            if (parsed.ec == std::errc()) {
                return true;
            }
        }
        value.kind = Kind::number;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value.number);
        if (parsed.ec != std::errc() || !std::isfinite(value.number)) {
            return error(value.position, "this number is too large");
        }
        return true;
    }

    bool read_word(ConfigValue& value) {
        const std::string_view rest = m_text.substr(m_at);
        std::size_t length = 0;
        while (length < rest.size() && rest[length] >= 'a' && rest[length] <= 'z') {
            ++length;
        }
        const std::string_view word = rest.substr(0, length);
        if (word == "true" || word == "false") {
            value.kind = Kind::boolean;
            value.boolean = word == "true";
        } else if (word == "null") {
            value.kind = Kind::null;
        } else {
            return error("a value is missing here");
        }
        for (std::size_t i = 0; i < length; ++i) {
            advance();
        }
        return true;
    }

    ConfigDocument& m_document;
    std::string_view m_text;
    std::size_t m_at = 0;
    int m_line = 1;
    int m_column = 1;
    Error m_error;
};

} // namespace

Expected<ConfigDocument> parse_jsonc(std::string file, std::string text) {
    if (!is_valid_utf8(text)) {
        return fail(ErrorCode::config, fmt::format("{} is not UTF-8 text", file));
    }
    ConfigDocument document{std::move(file), std::move(text), {}};
    if (Expected<> read = JsoncReader(document).read(); !read) {
        return propagate(read);
    }
    return document;
}

} // namespace pymode

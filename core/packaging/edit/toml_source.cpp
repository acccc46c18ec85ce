// SPDX-License-Identifier: MIT
#include "core/packaging/edit/toml_source.hpp"

#include <optional>
#include <utility>

#include "core/pep/value.hpp"

namespace pymode::edit {

namespace {

constexpr int kMaxDepth = 256; // of arrays and inline tables; the TOML library's own limit
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_space(char c) {
    return is_blank(c) || c == '\n' || c == '\r';
}

// Every function returns false, or nothing, when the text is not what it should be.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : m_text(text) {}

    bool run() {
        m_tables.emplace_back();
        if (m_text.starts_with(kByteOrderMark)) {
            m_at = kByteOrderMark.size();
        }
        m_tables[0].header = {m_at, m_at};
        while (!at_end()) {
            const std::size_t line = m_at;
            skip_blanks();
            const bool done = at_end() || at('\n') || at('\r') || at('#') ? end_line()
                              : at('[')                                   ? header(line)
                                                                          : statement(line);
            if (!done) {
                return false;
            }
        }
        return true;
    }

    std::vector<SourceTable> take() { return std::move(m_tables); }

  private:
    [[nodiscard]] bool at_end() const { return m_at == m_text.size(); }
    [[nodiscard]] bool at(char c) const { return !at_end() && m_text[m_at] == c; }
    [[nodiscard]] bool at(std::string_view token) const {
        return m_text.substr(m_at).starts_with(token);
    }

    bool take(char c) {
        const bool found = at(c);
        m_at += found ? 1 : 0;
        return found;
    }

    void skip_blanks() {
        while (!at_end() && is_blank(m_text[m_at])) {
            ++m_at;
        }
    }

    void skip_comment() {
        if (at('#')) {
            m_at = std::min(m_text.find('\n', m_at), m_text.size());
        }
    }

    // White space, line ends and comments, as they may stand inside of an array.
    void skip_trivia() {
        while (!at_end() && (is_space(m_text[m_at]) || at('#'))) {
            if (at('#')) {
                skip_comment();
            } else {
                ++m_at;
            }
        }
    }

    // What may follow on a line, and its end.
    bool end_line() {
        skip_blanks();
        skip_comment();
        take('\r');
        return at_end() || take('\n');
    }

    bool header(std::size_t line) {
        SourceTable table;
        take('[');
        table.is_array_item = take('[');
        auto path = dotted_key();
        if (!path || !take(']') || (table.is_array_item && !take(']')) || !end_line()) {
            return false;
        }
        table.path = std::move(*path);
        table.header = {line, m_at};
        m_tables.push_back(std::move(table));
        return true;
    }

    bool statement(std::size_t line) {
        auto member = key_and_value();
        if (!member || !end_line()) {
            return false;
        }
        member->lines = {line, m_at};
        m_tables.back().members.push_back(std::move(*member));
        return true;
    }

    std::optional<SourceMember> key_and_value() {
        SourceMember member;
        auto key = dotted_key();
        if (!key || !take('=')) {
            return std::nullopt;
        }
        skip_blanks();
        auto value = scan_value();
        if (!value) {
            return std::nullopt;
        }
        member.key = std::move(*key);
        member.value = std::move(*value);
        return member;
    }

    std::optional<std::vector<std::string>> dotted_key() {
        std::vector<std::string> parts;
        do {
            skip_blanks();
            auto part = simple_key();
            if (!part) {
                return std::nullopt;
            }
            parts.push_back(std::move(*part));
            skip_blanks();
        } while (take('.'));
        return parts;
    }

    std::optional<std::string> simple_key() {
        const std::size_t begin = m_at;
        if (at('"') || at('\'')) {
            if (!skip_string()) {
                return std::nullopt;
            }
            return decoded_key(m_text.substr(begin, m_at - begin));
        }
        while (!at_end() && !is_space(m_text[m_at]) &&
               std::string_view(".=[]{},#\"'").find(m_text[m_at]) == std::string_view::npos) {
            ++m_at;
        }
        if (m_at == begin) {
            return std::nullopt;
        }
        return std::string(m_text.substr(begin, m_at - begin));
    }

    static std::optional<std::string> decoded_key(std::string_view quoted) {
        const auto table = pep::parse_toml_value("", std::string(quoted) + " = 0");
        if (!table || table->size() != 1) {
            return std::nullopt;
        }
        return table->begin().key();
    }

    std::optional<SourceValue> scan_value() {
        SourceValue value;
        value.span.begin = m_at;
        bool good = false;
        if (at('[')) {
            value.kind = SourceKind::array;
            good = scan_array(value);
        } else if (at('{')) {
            value.kind = SourceKind::inline_table;
            good = scan_inline_table(value);
        } else if (at('"') || at('\'')) {
            good = skip_string();
        } else {
            good = skip_bare_value();
        }
        value.span.end = m_at;
        return good ? std::optional(std::move(value)) : std::nullopt;
    }

    bool scan_array(SourceValue& value) {
        if (++m_depth > kMaxDepth) {
            return false;
        }
        take('[');
        for (skip_trivia(); !at(']'); skip_trivia()) {
            auto item = scan_value();
            if (!item) {
                return false;
            }
            value.items.push_back(std::move(*item));
            skip_trivia();
            if (!take(',') && !at(']')) {
                return false;
            }
        }
        --m_depth;
        return take(']');
    }

    bool scan_inline_table(SourceValue& value) {
        if (++m_depth > kMaxDepth) {
            return false;
        }
        take('{');
        for (skip_trivia(); !at('}'); skip_trivia()) {
            const std::size_t begin = m_at;
            auto member = key_and_value();
            if (!member) {
                return false;
            }
            member->lines = {begin, m_at};
            value.members.push_back(std::move(*member));
            skip_trivia();
            if (!take(',') && !at('}')) {
                return false;
            }
        }
        --m_depth;
        return take('}');
    }

    // Numbers, dates, true and false: up to whatever ends a value.
    bool skip_bare_value() {
        const std::size_t begin = m_at;
        m_at = std::min(m_text.find_first_of(",]}#\r\n", m_at), m_text.size());
        while (m_at > begin && is_blank(m_text[m_at - 1])) {
            --m_at;
        }
        return m_at > begin;
    }

    bool skip_string() {
        const char quote = m_text[m_at];
        const std::string triple(3, quote);
        const bool multi_line = at(triple);
        const std::string_view closing =
            multi_line ? std::string_view(triple) : std::string_view(triple).substr(0, 1);
        m_at += closing.size();
        while (!at_end() && !at(closing)) {
            if (!multi_line && at('\n')) {
                return false;
            }
            const bool escaped = quote == '"' && at('\\') && m_at + 1 < m_text.size();
            m_at += escaped ? 2 : 1;
        }
        if (at_end()) {
            return false;
        }
        m_at += closing.size();
        // One or two quotes may stand before the three that close.
        for (int more = 0; multi_line && more < 2 && at(quote); ++more) {
            ++m_at;
        }
        return true;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    int m_depth = 0;
    std::vector<SourceTable> m_tables;
};

} // namespace

std::size_t SourceTable::end() const {
    return members.empty() ? header.end : members.back().lines.end;
}

Expected<std::vector<SourceTable>> scan_toml(std::string_view text) {
    Scanner scanner(text);
    if (!scanner.run()) {
        return fail(ErrorCode::config, "the file is written in a way that cannot be edited safely");
    }
    return scanner.take();
}

} // namespace pymode::edit

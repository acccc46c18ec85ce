// SPDX-License-Identifier: MIT
#include "core/project/dev_vars.hpp"

#include <algorithm>
#include <optional>

#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr std::string_view kBlank = " \t";

// Walks over the text; remembers the line it is in for messages.
class DevVarsParser {
  public:
    DevVarsParser(std::string_view file, std::string_view text) : m_file(file), m_text(text) {
        if (m_text.starts_with("\xEF\xBB\xBF")) // a byte order mark is not part of the first name
            m_text.remove_prefix(3);
    }

    Expected<std::vector<DevVar>> parse() {
        std::vector<DevVar> result;
        while (m_at < m_text.size()) {
            m_line_start = m_at;
            skip_blank();
            if (at_line_end() || peek() == '#') {
                skip_line();
                continue;
            }
            Expected<DevVar> variable = parse_variable();
            if (!variable) {
                return std::unexpected(variable.error());
            }
            const auto same = std::ranges::find(result, variable->name, &DevVar::name);
            if (same != result.end()) {
                *same = std::move(*variable);
            } else {
                result.push_back(std::move(*variable));
            }
        }
        return result;
    }

  private:
    [[nodiscard]] char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\n'; }
    [[nodiscard]] bool at_line_end() const { return peek() == '\n' || peek() == '\r'; }

    void skip_blank() {
        while (m_at < m_text.size() && kBlank.contains(m_text[m_at])) {
            ++m_at;
        }
    }

    void skip_line() {
        while (m_at < m_text.size() && m_text[m_at] != '\n') {
            ++m_at;
        }
        ++m_at;
        ++m_line;
    }

    [[nodiscard]] std::unexpected<Error> error(std::string message, std::string hint = "") const {
        std::string_view line = m_text.substr(m_line_start);
        line = line.substr(0, line.find_first_of("\r\n"));
        // The value may be a secret: messages show the line only up to its first `=`.
        const std::size_t equals = line.find('=');
        std::string shown(line.substr(0, equals));
        if (equals != std::string_view::npos) {
            shown += "=…";
        }
        Error result;
        result.code = ErrorCode::config;
        result.message = std::move(message);
        result.hint = std::move(hint);
        result.where = SourceLocation{std::string(m_file), m_line, 1, shown};
        return std::unexpected(std::move(result));
    }

    Expected<DevVar> parse_variable() {
        std::string name = take_word();
        if (name == "export" && kBlank.contains(peek())) {
            skip_blank();
            name = take_word();
        }
        skip_blank();
        if (peek() != '=') {
            return error("expected NAME=value");
        }
        if (!is_identifier(name)) {
            return error("`" + name + "` is not a valid variable name",
                         "use letters, digits and _ only");
        }
        ++m_at;
        skip_blank();
        Expected<std::string> value = std::string_view("'\"`").contains(peek())
                                          ? parse_quoted()
                                          : Expected<std::string>(parse_bare());
        if (!value) {
            return std::unexpected(value.error());
        }
        return DevVar{std::move(name), std::move(*value)};
    }

    std::string take_word() {
        const std::size_t start = m_at;
        while (m_at < m_text.size() && !kBlank.contains(peek()) && !at_line_end() &&
               peek() != '=') {
            ++m_at;
        }
        return std::string(m_text.substr(start, m_at - start));
    }

    std::string parse_bare() {
        const std::size_t start = m_at;
        const std::size_t end = std::min(m_text.find_first_of("#\r\n", start), m_text.size());
        std::string_view value = m_text.substr(start, end - start);
        while (!value.empty() && kBlank.contains(value.back())) {
            value.remove_suffix(1);
        }
        m_at = end;
        skip_line();
        return std::string(value);
    }

    Expected<std::string> parse_quoted() {
        const char quote = peek();
        const std::optional<std::size_t> end = closing_quote(quote);
        if (!end) {
            return error("the quote of this value is never closed");
        }
        const std::string_view raw = m_text.substr(m_at + 1, *end - m_at - 1);
        const std::size_t after = m_text.find_first_not_of(kBlank, *end + 1);
        if (after != std::string_view::npos && !std::string_view("#\r\n").contains(m_text[after])) {
            return error("there is text after the closing quote");
        }
        m_line += static_cast<int>(std::ranges::count(raw, '\n'));
        m_at = *end + 1;
        skip_line();
        return quote == '"' ? expand(raw) : std::string(raw);
    }

    [[nodiscard]] std::optional<std::size_t> closing_quote(char quote) const {
        for (std::size_t at = m_at + 1; at < m_text.size(); ++at) {
            if (m_text[at] == quote && m_text[at - 1] != '\\') {
                return at;
            }
        }
        return std::nullopt;
    }

    static std::string expand(std::string_view raw) {
        std::string result;
        for (std::size_t at = 0; at < raw.size(); ++at) {
            const char next = raw[at] == '\\' && at + 1 < raw.size() ? raw[at + 1] : '\0';
            if (next == 'n' || next == 'r') {
                result += next == 'n' ? '\n' : '\r';
                ++at;
            } else {
                result += raw[at];
            }
        }
        return result;
    }

    std::string_view m_file;
    std::string_view m_text;
    std::size_t m_at = 0;
    std::size_t m_line_start = 0;
    int m_line = 1;
};

} // namespace

Expected<std::vector<DevVar>> parse_dev_vars(std::string_view file, std::string_view text) {
    return DevVarsParser(file, text).parse();
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/pep/requirement.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/text_cursor.hpp"

namespace pymode::pep {

namespace {

class RequirementParser {
  public:
    explicit RequirementParser(std::string_view text) : m_cursor(text) {}

    Parsed<Requirement> parse() {
        m_cursor.skip_blanks();
        auto name = take_name();
        if (!name) {
            return error("expected a package name at the start");
        }
        m_requirement.name = std::move(*name);
        m_cursor.skip_blanks();
        auto parsed = parse_extras();
        if (parsed) {
            m_cursor.skip_blanks();
            parsed = m_cursor.take('@') ? parse_url() : parse_versions();
        }
        if (parsed && !m_cursor.at_end()) {
            parsed = error("expected the end of the requirement");
        }
        if (!parsed) {
            return std::unexpected(std::move(parsed.error()));
        }
        return std::move(m_requirement);
    }

  private:
    [[nodiscard]] std::unexpected<SyntaxError> error(std::string message) const {
        return error(std::move(message), m_cursor.position());
    }

    [[nodiscard]] std::unexpected<SyntaxError> error(std::string message, std::size_t begin) const {
        return std::unexpected(SyntaxError{std::move(message), begin, m_cursor.position()});
    }

    // A name ends with a letter or a digit; separators behind it are not part of it.
    std::optional<std::string> take_name() {
        const std::string_view rest = m_cursor.rest();
        std::size_t length = 0;
        while (length < rest.size() &&
               (is_alphanumeric(rest[length]) || is_separator(rest[length]))) {
            ++length;
        }
        while (length > 0 && is_separator(rest[length - 1])) {
            --length;
        }
        if (!is_valid_name(rest.substr(0, length))) {
            return std::nullopt;
        }
        m_cursor.move_to(m_cursor.position() + length);
        return std::string(rest.substr(0, length));
    }

    Parsed<void> parse_extras() {
        const std::size_t begin = m_cursor.position();
        if (!m_cursor.take('[')) {
            return {};
        }
        m_cursor.skip_blanks();
        auto extra = take_name();
        while (extra) {
            m_requirement.extras.push_back(std::move(*extra));
            m_cursor.skip_blanks();
            if (const std::size_t next = m_cursor.position(); take_name()) {
                m_cursor.move_to(next);
                return error("expected a comma between the names of extras");
            }
            if (!m_cursor.take(',')) {
                break;
            }
            m_cursor.skip_blanks();
            extra = take_name();
            if (!extra) {
                return error("expected the name of an extra after the comma");
            }
        }
        m_cursor.skip_blanks();
        if (!m_cursor.take(']')) {
            return error("expected the closing bracket of the extras", begin);
        }
        return {};
    }

    Parsed<void> parse_url() {
        m_cursor.skip_blanks();
        const std::size_t begin = m_cursor.position();
        while (!m_cursor.at_end() && !is_blank(m_cursor.peek())) {
            m_cursor.move_to(m_cursor.position() + 1);
        }
        const std::string_view url = m_cursor.text().substr(begin, m_cursor.position() - begin);
        if (url.empty()) {
            return error("expected a URL after @");
        }
        if (url.find_first_of("\r\n\v\f") != std::string_view::npos) {
            return error("a URL cannot hold a line end", begin);
        }
        m_requirement.url = url;
        m_cursor.skip_blanks();
        return parse_marker("expected a semicolon (after the URL and a blank) or the end", begin);
    }

    Parsed<void> parse_versions() {
        const std::size_t begin = m_cursor.position();
        const bool has_parenthesis = m_cursor.take('(');
        if (has_parenthesis) {
            m_cursor.skip_blanks();
        }
        std::size_t position = m_cursor.position();
        auto specifiers = scan_specifiers(m_cursor.text(), position);
        if (!specifiers) {
            return std::unexpected(std::move(specifiers.error()));
        }
        m_cursor.move_to(position);
        m_cursor.skip_blanks();
        if (has_parenthesis && !m_cursor.take(')')) {
            return error("expected the closing parenthesis of the version specifiers", begin);
        }
        m_requirement.specifiers = SpecifierSet(std::move(*specifiers));
        // A mistake is shown from the specifiers on, without the blanks behind them.
        const bool empty = m_requirement.specifiers.empty();
        m_cursor.skip_blanks();
        return parse_marker(empty ? "expected a version specifier, a semicolon or the end"
                                  : "expected a comma, a semicolon or the end after the version",
                            begin);
    }

    // The ";" and what follows, or the end.
    Parsed<void> parse_marker(std::string otherwise, std::size_t begin) {
        if (m_cursor.at_end()) {
            return {};
        }
        if (!m_cursor.take(';')) {
            return error(std::move(otherwise), begin);
        }
        std::size_t position = m_cursor.position();
        auto marker = scan_marker(m_cursor.text(), position, MarkerContext::requirement);
        if (!marker) {
            return std::unexpected(std::move(marker.error()));
        }
        m_cursor.move_to(position);
        m_requirement.marker = std::move(*marker);
        return {};
    }

    TextCursor m_cursor;
    Requirement m_requirement;
};

std::string print(const Requirement& requirement, const std::vector<std::string>& extras,
                  const std::string& specifiers) {
    std::string text = requirement.name;
    if (!extras.empty()) {
        text += '[' + join(extras, ",") + ']';
    }
    if (requirement.url) {
        text += " @ " + *requirement.url;
    } else {
        text += specifiers;
    }
    if (requirement.marker) {
        text += requirement.url ? " ; " : "; "; // a URL ends at the blank
        text += requirement.marker->to_string();
    }
    return text;
}

std::vector<std::string> sorted_once(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    texts.erase(std::ranges::unique(texts).begin(), texts.end());
    return texts;
}

} // namespace

Parsed<Requirement> parse_requirement(std::string_view text) {
    if (text.size() > max_requirement_length) {
        return std::unexpected(SyntaxError{"the requirement is too long", 0, 0});
    }
    return RequirementParser(text).parse();
}

Expected<Requirement> Requirement::parse(std::string_view text) {
    auto requirement = parse_requirement(text);
    if (!requirement) {
        return std::unexpected(to_error(requirement.error(), "requirement", text));
    }
    return std::move(*requirement);
}

std::string Requirement::normalized_name() const {
    return normalize_name(name);
}

std::vector<std::string> Requirement::normalized_extras() const {
    std::vector<std::string> names;
    for (const std::string& extra : extras) {
        names.push_back(normalize_name(extra));
    }
    return sorted_once(std::move(names));
}

bool Requirement::applies(const Environment& environment,
                          std::span<const std::string> requested_extras) const {
    return !marker || marker->holds(environment, requested_extras);
}

std::string Requirement::to_string() const {
    return print(*this, extras, specifiers.to_string());
}

std::string Requirement::canonical() const {
    return print(*this, sorted_once(extras), specifiers.canonical());
}

bool operator==(const Requirement& a, const Requirement& b) {
    return a.normalized_name() == b.normalized_name() &&
           a.normalized_extras() == b.normalized_extras() && a.url == b.url &&
           a.specifiers == b.specifiers && a.marker == b.marker;
}

} // namespace pymode::pep

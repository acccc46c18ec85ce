// SPDX-License-Identifier: MIT
#include "core/pep/version_scan.hpp"

#include <span>

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::pep {

namespace {

struct PreWord {
    std::string_view word;
    PreKind kind;
};

// In an order in which no word is hidden by a shorter one that it begins with.
constexpr PreWord pre_words[] = {
    {"alpha", PreKind::alpha}, {"a", PreKind::alpha},           {"beta", PreKind::beta},
    {"b", PreKind::beta},      {"preview", PreKind::candidate}, {"pre", PreKind::candidate},
    {"c", PreKind::candidate}, {"rc", PreKind::candidate},
};

constexpr std::string_view post_words[] = {"post", "rev", "r"};

class Scanner {
  public:
    explicit Scanner(std::string_view text) : m_text(text) {}

    std::optional<ScannedVersion> run() {
        take_letter('v');
        if (!scan_release()) {
            return std::nullopt;
        }
        scan_pre();
        scan_post();
        scan_dev();
        const std::size_t public_length = m_at;
        scan_local();
        return ScannedVersion{std::move(m_version), m_at, public_length};
    }

  private:
    [[nodiscard]] char peek(std::size_t offset = 0) const {
        return m_at + offset < m_text.size() ? m_text[m_at + offset] : '\0';
    }

    bool take_letter(char lower) {
        const bool found = peek() == lower || peek() == lower - 'a' + 'A';
        m_at += found ? 1 : 0;
        return found;
    }

    void take_separator() { m_at += is_separator(peek()) ? 1 : 0; }

    bool take_word(std::string_view word) {
        if (!equals_ignoring_case(m_text.substr(m_at, word.size()), word)) {
            return false;
        }
        m_at += word.size();
        return true;
    }

    std::optional<Number> take_number() {
        const std::size_t begin = m_at;
        while (is_digit(peek())) {
            ++m_at;
        }
        if (m_at == begin) {
            return std::nullopt;
        }
        return Number::from_digits(m_text.substr(begin, m_at - begin));
    }

    bool scan_release() {
        auto number = take_number();
        if (number && peek() == '!' && is_digit(peek(1))) {
            m_version.epoch = *number;
            ++m_at;
            number = take_number();
        }
        if (!number) {
            return false;
        }
        m_version.release.push_back(*number);
        while (peek() == '.' && is_digit(peek(1))) {
            ++m_at;
            m_version.release.push_back(*take_number());
        }
        return true;
    }

    // The number behind a word may be missing, which means 0, and have a separator before it.
    Number number_after_word() {
        take_separator();
        return take_number().value_or(Number{});
    }

    void scan_pre() {
        const std::size_t begin = m_at;
        take_separator();
        for (const PreWord& row : pre_words) {
            if (take_word(row.word)) {
                m_version.pre = PreRelease{row.kind, number_after_word()};
                return;
            }
        }
        m_at = begin;
    }

    void scan_post() {
        if (peek() == '-' && is_digit(peek(1))) { // the short form "1.0-3"
            ++m_at;
            m_version.post = take_number();
            return;
        }
        const std::size_t begin = m_at;
        take_separator();
        for (const std::string_view word : post_words) {
            if (take_word(word)) {
                m_version.post = number_after_word();
                return;
            }
        }
        m_at = begin;
    }

    void scan_dev() {
        const std::size_t begin = m_at;
        take_separator();
        if (take_word("dev")) {
            m_version.dev = number_after_word();
        } else {
            m_at = begin;
        }
    }

    void scan_local() {
        if (peek() != '+' || !is_alphanumeric(peek(1))) {
            return;
        }
        do {
            ++m_at; // the "+" or a separator
            const std::size_t begin = m_at;
            bool numeric = true;
            for (; is_alphanumeric(peek()); ++m_at) {
                numeric = numeric && is_digit(peek());
            }
            LocalSegment segment{to_lower_ascii(m_text.substr(begin, m_at - begin)), std::nullopt};
            if (numeric) {
                segment.number = Number::from_digits(segment.text);
                segment.text = segment.number->to_string();
            }
            m_version.local.push_back(std::move(segment));
        } while (is_separator(peek()) && is_alphanumeric(peek(1)));
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    Version m_version;
};

} // namespace

std::optional<ScannedVersion> scan_version(std::string_view text) {
    return Scanner(text.substr(0, max_version_length)).run();
}

} // namespace pymode::pep

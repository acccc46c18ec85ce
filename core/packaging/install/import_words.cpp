// SPDX-License-Identifier: MIT
#include "core/packaging/install/import_words.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace pymode {

namespace {

// Brackets of a prose line need not end; a real list of names does within this.
constexpr std::size_t max_continued_lines = 1000;

bool is_word_character(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void add_all(std::string_view line, std::set<std::string, std::less<>>& words) {
    for (const auto* at = line.begin(); at != line.end();) {
        at = std::find_if(at, line.end(), is_word_character);
        const auto* const end = std::find_if_not(at, line.end(), is_word_character);
        const std::string_view word(at, end);
        if (!word.empty() && !words.contains(word)) {
            words.emplace(word);
        }
        at = end;
    }
}

bool goes_on(std::string_view line, bool& in_brackets) {
    line = trim(line.substr(0, line.find('#')));
    in_brackets = (in_brackets || line.contains('(')) && !line.contains(')');
    return in_brackets || line.ends_with('\\');
}

} // namespace

void add_import_words(std::string_view source, std::set<std::string, std::less<>>& words) {
    // From one "import" to the next: most lines are never looked at.
    while (true) {
        const std::size_t found = source.find("import");
        if (found == std::string_view::npos) {
            return;
        }
        const std::size_t before = source.substr(0, found).rfind('\n');
        source.remove_prefix(before == std::string_view::npos ? 0 : before + 1);
        std::string_view line = take_line(source);
        add_all(line, words);
        const std::string_view start = trim(line);
        const bool statement = start.starts_with("from ") || start.starts_with("import ");
        bool in_brackets = false;
        std::size_t left = max_continued_lines;
        for (bool more = statement && goes_on(line, in_brackets); more && left > 0; --left) {
            if (source.empty()) {
                return;
            }
            line = take_line(source);
            add_all(line, words);
            more = goes_on(line, in_brackets);
        }
    }
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/pep/syntax_error.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace pymode::pep {

Error to_error(const SyntaxError& error, std::string_view what, std::string_view text) {
    // Only the line in question is shown; a text with a line end in it is an error anyway.
    const std::size_t caret = std::min(error.end, text.size());
    const std::size_t line_begin = text.substr(0, caret).find_last_of("\r\n") + 1; // npos + 1 is 0
    const std::string_view rest = text.substr(line_begin);
    SourceLocation where;
    where.file = what;
    where.line = 1 + static_cast<int>(std::ranges::count(text.substr(0, line_begin), '\n'));
    where.column = 1 + static_cast<int>(caret - line_begin);
    where.line_text = rest.substr(0, rest.find_first_of("\r\n"));
    return Error{
        ErrorCode::config, fmt::format("invalid {}: {}", what, error.message), {}, "", where};
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace pymode::pep {

// What is wrong with a text and where: from `begin`, where the part that was being read begins, to
// `end`, where reading stopped. Both are offsets in bytes. Whoever knows in which file the text
// stands can point into that file.
struct SyntaxError {
    std::string message;
    std::size_t begin = 0;
    std::size_t end = 0;
};

template <class T> using Parsed = std::expected<T, SyntaxError>;

// As an error that shows the text with a caret at `end`. `what` is "requirement", "marker", …
[[nodiscard]] Error to_error(const SyntaxError& error, std::string_view what,
                             std::string_view text);

} // namespace pymode::pep

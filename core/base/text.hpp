// SPDX-License-Identifier: MIT
// Small pure functions on text.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pymode {

// Without ASCII white space at both ends; a view into the argument.
[[nodiscard]] std::string_view trim(std::string_view text);

// Every part, empty ones too: split("a,,b", ',') is {"a", "", "b"}; split("", ',') is {""}.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// Lines without their ends (LF or CR LF); a final line end makes no extra empty line.
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);

[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

[[nodiscard]] std::string replace_all(std::string_view text, std::string_view from,
                                      std::string_view to);

[[nodiscard]] std::string to_lower_ascii(std::string_view text);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

// Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

// Every control character (C0 but tab and newline, DEL, C1) becomes "\xNN", so that text from
// outside cannot steer a terminal. Bytes that are no UTF-8 become "\xNN" too.
[[nodiscard]] std::string printable(std::string_view text);

// The candidate that the user probably meant, for "did you mean …?"; nothing when none is near.
[[nodiscard]] std::optional<std::string> closest_match(std::string_view wanted,
                                                       std::span<const std::string> candidates);

// "0 B", "999 B", "1.0 KiB", "5.7 MiB": powers of 1024, one decimal from KiB on.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

// "8 ms", "1.2 s", "2 min 5 s".
[[nodiscard]] std::string human_duration(std::chrono::milliseconds duration);

// A whole decimal number without sign, space or leading '+'; nothing if it is none or too big.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text);

// The text as one word of a POSIX shell.
[[nodiscard]] std::string shell_quote(std::string_view text);

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pymode::resolving {

using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

// RFC 3339 ("2024-05-01T12:00:00.5Z", "…+02:00"). A date alone is the end of that day in UTC.
// Nothing for anything else, nor for years before 1970 or after 2200.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

} // namespace pymode::resolving

// SPDX-License-Identifier: MIT
// For targets that take text.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "tests/fuzz/fuzz.hpp"

namespace pymode::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// A rule that every input must keep; breaking it ends the process like a crash does.
inline void demand(bool holds, std::string_view rule) {
    if (!holds) {
        fmt::print(stderr, "broken rule: {}\n", rule);
        std::abort();
    }
}

} // namespace pymode::fuzz

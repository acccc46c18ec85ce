// SPDX-License-Identifier: MIT
// Names of projects, extras and dependency groups (PEP 503, PEP 685).
#pragma once

#include <string>
#include <string_view>

namespace pymode::pep {

// ASCII letters and digits, with `-`, `_` and `.` anywhere but at the ends.
bool is_valid_name(std::string_view name);

// Lower case, every run of `-_.` one dash. All comparing happens on this form.
std::string normalize_name(std::string_view name);

// Valid and written in the normalised form.
bool is_normalized_name(std::string_view name);

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace pymode {

// Cloudflare's rule for a Worker's name: 1 to 63 of [a-z0-9-], no dash at either end.
bool is_script_name(std::string_view name);

// The nearest valid script name ("My Worker" → "my-worker"); empty when nothing usable is left.
std::string suggest_script_name(std::string_view name);

// A name that Python and JavaScript can both use as an attribute: [A-Za-z_][A-Za-z0-9_]*.
bool is_identifier(std::string_view name);

// Cloudflare's account and namespace ids: 32 lower- or upper-case hex digits.
bool is_hex_id(std::string_view id);

// A calendar date as YYYY-MM-DD, with month and day in range.
bool is_date(std::string_view text);

} // namespace pymode

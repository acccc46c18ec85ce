// SPDX-License-Identifier: MIT
// The codes by which Cloudflare's API refuses a call, in words for people.
#pragma once

#include <string_view>

#include "core/cloudflare/api.hpp"

namespace pymode {

// What the first known code of the answer means, beside Cloudflare's own words; empty when those
// say it already, or no code is known.
std::string_view sentence_for(const ApiAnswer& answer);

// What can be done about it; may be empty.
std::string_view hint_for(const ApiAnswer& answer);

} // namespace pymode

// SPDX-License-Identifier: MIT
// One event of a tail as a person reads it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/console.hpp"

namespace pymode {

// Text in a style, or as it is where there is no colour.
using Paint = std::function<std::string(Style, std::string_view)>;

// The lines of an event, without the last line end:
//     12:03:04Z GET https://w.example.com/a 200 ok
//       at /a {"deep":[1]}
//       ValueError: bad number
//           at index.js:1:1
// Times are UTC. Every text of the event is made safe for a terminal; members that are missing or
// of another type than expected are left out.
[[nodiscard]] std::string format_tail_event(const nlohmann::json& event, const Paint& paint);

} // namespace pymode

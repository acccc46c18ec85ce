// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include "core/project/document.hpp"

namespace pymode {

// The value as JSON, members in their order; a date as its text.
nlohmann::ordered_json to_json(const ConfigValue& value);

} // namespace pymode

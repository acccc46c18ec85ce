// SPDX-License-Identifier: MIT
// What is wrong with a Worker's configuration although each of its values is right.
#pragma once

#include <optional>
#include <string>

#include "core/project/document.hpp"

namespace pymode {

struct ConfigProblem {
    ConfigPosition position;
    std::string message;
    std::string hint = {};
};

// Of a table with wrangler's keys, checked one by one: placement, observability, Durable Objects,
// workflows. Nothing when all is well. As wrangler 4.164's validation of the whole.
std::optional<ConfigProblem> check_worker(const ConfigValue& table);

} // namespace pymode

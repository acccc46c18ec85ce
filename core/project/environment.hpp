// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/project/worker_reader.hpp"

namespace pymode {

// The checked keys of one environment with what it inherits, as wrangler resolves it: `name` gets
// the environment's name behind it, unless the environment has its own; keys that are not inherited
// and missing are a warning.
Expected<ConfigValue> resolve_environment(const WorkerSource& source,
                                          const std::string& environment,
                                          std::vector<std::string>& warnings);

} // namespace pymode

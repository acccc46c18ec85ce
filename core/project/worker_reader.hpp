// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/project/normalize.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

struct WorkerSource {
    const ConfigDocument& document;
    Dialect dialect = Dialect::pyproject;
    const ConfigValue& table; // [tool.pymode], or the root of wrangler's file
    // Keys of the table that somebody else reads; pymode's own in [tool.pymode].
    std::span<const std::string_view> other_keys = {};
};

// The Worker of an environment; the top level's for an empty name. Its `name` is empty when the
// table has none. An environment that is not there, and a value that is wrong in any environment,
// is ErrorCode::config at its place.
Expected<WorkerConfig> read_worker(const WorkerSource& source, const std::string& environment,
                                   std::vector<std::string>& warnings);

// An error at `position` when Cloudflare would not take `name` as the name of a Worker.
Expected<> check_script_name(const ConfigDocument& document, std::string_view name,
                             ConfigPosition position);

// The table with the environments: "environments" in pyproject.toml, "env" in wrangler's files.
std::string_view environments_key(Dialect dialect);

} // namespace pymode

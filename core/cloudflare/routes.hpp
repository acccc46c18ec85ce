// SPDX-License-Identifier: MIT
// The routes by which requests to zones of the account reach a Worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

struct RouteOutcome {
    std::string pattern;
    std::optional<Error> error; // nothing: it is set
};

struct RoutesReport {
    std::vector<RouteOutcome> routes; // in the order of the configuration
    std::vector<std::string> warnings;
};

// Whether routes are looked up first, so that one which belongs to another Worker is told with that
// Worker's name. wrangler does so for Workers that are not on workers.dev.
enum class LookForClashes { no, yes };

// Makes `routes` (no custom domains; not empty) those of the Worker: all with one PUT, which also
// takes away its other routes. A token that may not do that (code 10000) sets them zone by zone:
// what is missing is added, and routes that are not wanted any more are named in a warning.
RoutesReport publish_routes(CloudflareApi& api, const std::string& account,
                            const std::string& script, const std::vector<Route>& routes,
                            LookForClashes look);

} // namespace pymode

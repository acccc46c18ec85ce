// SPDX-License-Identifier: MIT
// Custom domains: host names that belong to a Worker as a whole, with their DNS records.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

// Whether hosts may be taken from other Workers, and DNS records be replaced.
enum class Override { no, yes };

// Makes `domains` (routes with `custom_domain`; not empty) those of the Worker; its other ones go.
// Cloudflare is asked first what would change. Hosts that another Worker has or whose DNS records
// are in the way are an error that names them, and nothing is changed, unless Override::yes.
Expected<> publish_domains(CloudflareApi& api, const std::string& account,
                           const std::string& script, const std::vector<Route>& domains,
                           Override may_override);

} // namespace pymode

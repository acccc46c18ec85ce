// SPDX-License-Identifier: MIT
// What is deployed now, as far as a configuration can be compared with it.
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/worker_state.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

// Reads what is comparable with the configuration: settings (with the names of secrets),
// workers.dev, and as far as the configuration has them schedules, routes of its zones, custom
// domains and consumers. A part that the API refuses to tell goes into `unknown`. Errors: those of
// the settings, of the network, ErrorCode::cancelled.
Expected<WorkerState> fetch_live_state(CloudflareApi& api, const std::string& account,
                                       const WorkerConfig& worker);

} // namespace pymode

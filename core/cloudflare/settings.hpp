// SPDX-License-Identifier: MIT
// Settings of a Worker as a whole, which no version has: observability, logpush, tail consumers.
#pragma once

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

// Sets them as configured, as wrangler does: what the configuration does not name stays as it is,
// but observability, which is switched off then.
Expected<> set_settings(CloudflareApi& api, const WorkerId& id, const WorkerConfig& worker);

} // namespace pymode

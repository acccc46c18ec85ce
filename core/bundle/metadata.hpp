// SPDX-License-Identifier: MIT
// The first part of the upload form, as Cloudflare's API defines it and wrangler 4.164 fills it in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/project/project.hpp"

namespace pymode {

// What a version of the Worker is made of. Two parts depend on what is at Cloudflare, and come in
// when it is uploaded: `migrations` (pending_migrations), and the `jwt` of `assets`.
nlohmann::ordered_json upload_metadata(const WorkerConfig& worker);

// The member `migrations`: the steps behind the one with the tag that Cloudflare applied last, all
// of them when it knows none (empty). Nothing when there is nothing to apply. A tag that no step
// has yields all steps, and the server refuses those that were applied before.
std::optional<nlohmann::ordered_json> pending_migrations(const WorkerConfig& worker,
                                                         std::string_view applied_tag);

} // namespace pymode

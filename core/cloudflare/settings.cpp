// SPDX-License-Identifier: MIT
#include "core/cloudflare/settings.hpp"

#include "core/cloudflare/upload.hpp"

namespace pymode {

Expected<> set_settings(CloudflareApi& api, const WorkerId& id, const WorkerConfig& worker) {
    const Expected<nlohmann::json> set = api.call({.method = "PATCH",
                                                   .path = script_path(id) + "/script-settings",
                                                   .json = unversioned_settings(worker),
                                                   .repeatable = true},
                                                  "set the Worker's settings");
    return set ? Expected<>() : propagate(set);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// Versions of a Worker: what was uploaded, deployed or not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {

// Texts are safe for a terminal; what Cloudflare does not say is empty or 0.
struct VersionHead {
    std::string id; // a UUID
    std::uint64_t number = 0;
    std::string created_on; // RFC 3339
    std::string author;
    std::string source;       // "wrangler", "api", "dash"
    std::string message;      // given by the user
    std::string tag;          // given by the user
    std::string triggered_by; // "upload", "secret"
};

struct VersionBinding {
    std::string name;
    std::string type;
};

struct Version {
    VersionHead head;
    std::optional<std::uint64_t> startup_time_ms;
    std::string compatibility_date;
    std::vector<std::string> compatibility_flags;
    std::vector<std::string> handlers;
    std::vector<VersionBinding> bindings; // secrets among them, without their values
};

// A version's id as Cloudflare writes it: a UUID in small letters.
bool is_version_id(std::string_view text);

// Newest first, no more than `most`.
Expected<std::vector<VersionHead>> list_versions(CloudflareApi& api, const WorkerId& worker,
                                                 std::size_t most);

// `id` is_version_id; one that is not there is ErrorCode::not_found.
Expected<Version> get_version(CloudflareApi& api, const WorkerId& worker, const std::string& id);

// "https://1b2c3d4e-NAME.SUBDOMAIN.workers.dev": where that version answers whatever is deployed.
// Empty when the Worker has its previews switched off.
Expected<std::string> ask_preview_url(CloudflareApi& api, const WorkerId& worker,
                                      std::string_view version);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Uploads a bundle and makes it answer.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/bundle.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct DeployStep {
    std::string method;
    std::string path; // "<account>" where the id is not known yet
    std::string what; // "upload the Worker: 25 modules, 12.3 MiB"
};

// What `deploy` will send, in order, for --dry-run.
std::vector<DeployStep> plan_deploy(const Project& project, const Bundle& bundle,
                                    const std::string& account);

struct DeployResult {
    std::string account;
    std::string url;        // empty when workers.dev is off
    std::string version_id; // as a UUID
    bool created = false;   // the Worker did not exist before
    std::optional<int> startup_time_ms;
};

struct DeployHooks {
    std::function<void(std::string_view step)> on_step;
    std::function<void(std::uint64_t sent, std::uint64_t total)> on_upload;
};

// What would fail only after an upload: a kv namespace without an id.
Expected<> check_deployable(const Project& project);

Expected<DeployResult> deploy(CloudflareApi& api, const Project& project, const Bundle& bundle,
                              const std::string& account, const DeployHooks& hooks);

// "77484c9d8c4f4ceea072c695fac5fa6a" → "77484c9d-8c4f-4cee-a072-c695fac5fa6a"; other text as it is.
std::string as_uuid(std::string_view hex);

} // namespace pymode

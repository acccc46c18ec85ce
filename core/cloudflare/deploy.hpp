// SPDX-License-Identifier: MIT
// Uploads a bundle and makes it answer: upload first, switch last. Or only uploads it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/bundle.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/asset_manifest.hpp"
#include "core/cloudflare/outcome.hpp"
#include "core/cloudflare/provision.hpp"
#include "core/cloudflare/triggers.hpp"
#include "core/cloudflare/upload.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct DeployStep {
    std::string method;
    std::string path; // "<account>" where the id is not known yet
    std::string what; // "upload the Worker: 25 modules, 12.3 MiB"
};

struct DeployInputs {
    const Project& project;
    const Bundle& bundle;
    const AssetFolder* assets = nullptr; // of `project.worker.assets`
    Annotations annotations = {};
    std::vector<SecretText> secrets = {};
    MayCreate may_create = MayCreate::no; // resources that bindings name and that do not exist
    bool may_override = false;            // custom domains of other Workers are taken
};

// What `deploy` will send, in order, for --dry-run. Which of two ways a Worker goes depends on
// whether it exists, which nobody has asked yet: both are named.
std::vector<DeployStep> plan_deploy(const DeployInputs& inputs, const std::string& account);

struct DeployResult {
    std::string account;
    std::string version_id; // as a UUID
    bool created = false;   // the Worker did not exist before
    std::optional<int> startup_time_ms;
    std::size_t uploaded_assets = 0; // the others were there already
    std::vector<Resource> resources; // that the configuration does not say completely
    TriggerReport triggers;
    std::string preview_url; // of a version that does not answer yet; empty: it has none
};

struct DeployHooks {
    std::function<void(std::string_view step)> on_step;
    std::function<void(std::string_view text)> on_warning;
    std::function<void(std::uint64_t sent, std::uint64_t total)> on_upload;
    // Asks what is live when the api of the deployment is cancelled; without it nobody does.
    AskLive ask_after_interruption;
};

// What the configuration can say and a deployment cannot do yet is ErrorCode::config.
Expected<> check_deployable(const Project& project);

// The end of an Error's message says what is live now; it is true also when the answer to the last
// call was lost, since Cloudflare is asked then.
Expected<DeployResult> deploy(CloudflareApi& api, const DeployInputs& inputs,
                              const std::string& account, const DeployHooks& hooks);

// The first half of it: a version that nobody sees yet, with its assets; settings and triggers stay
// as they are. A Worker that does not exist is ErrorCode::not_found, a migration that is pending
// ErrorCode::config: both need `deploy`.
Expected<DeployResult> upload_version(CloudflareApi& api, const DeployInputs& inputs,
                                      const std::string& account, const DeployHooks& hooks);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What `deploy` and `versions upload` have in common: the project is built, read and checked before
// anything is sent, and sent with progress.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"
#include "cli/ensure_packages.hpp"
#include "core/cloudflare/deploy.hpp"

namespace pymode {

struct UploadOptions {
    std::string path = ".";
    std::string tag;
    std::string message;
    std::string secrets_file;
    bool provision = false;
    bool may_override = false; // --yes, which only `deploy` has
    std::optional<std::string> environment;
    EnsureFlags packages;
};

void add_upload_options(CLI::App& command, UploadOptions& options);

// The part of --help about credentials.
extern const char* const kCredentialsHelp;

// Everything that can be known before the network is asked.
struct PreparedUpload {
    Project project;
    Bundle bundle;
    std::optional<AssetFolder> assets;
    Annotations annotations;
    std::vector<SecretText> secrets;
    std::string account; // of the project or the environment; may be empty
    MayCreate may_create = MayCreate::no;
    bool may_override = false;

    [[nodiscard]] DeployInputs inputs() const {
        return {project,    bundle,      assets ? &*assets : nullptr, annotations, secrets,
                may_create, may_override};
    }
};

// Whether the upload follows. A dry run needs no credentials, and only warns of what cannot be
// deployed.
enum class WillSend { yes, no };

Expected<PreparedUpload> prepare_upload(const UploadOptions& options, WillSend will_send,
                                        CliContext& context);

// `deploy` or `upload_version` of core/cloudflare.
using SendUpload =
    std::function<Expected<DeployResult>(CloudflareApi& api, const DeployInputs& inputs,
                                         const std::string& account, const DeployHooks& hooks)>;

// Sends it, with progress, steps and warnings on the console.
Expected<DeployResult> send_upload(const PreparedUpload& prepared, const SendUpload& send,
                                   CliContext& context);

// "assets 12, 3 of them uploaded now", "created the KV namespace …", "version …", "start-up 12 ms".
void print_upload(const PreparedUpload& prepared, const DeployResult& result, Console& console);

// The same for --json: "version_id", "account_id", "bytes", "startup_time_ms", "assets".
void add_upload_json(nlohmann::ordered_json& document, const PreparedUpload& prepared,
                     const DeployResult& result);

// The ids of what --provision has found or made, into the configuration.
Expected<> write_new_ids(const PreparedUpload& prepared, const DeployResult& result,
                         Console& console);

} // namespace pymode

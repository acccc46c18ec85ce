// SPDX-License-Identifier: MIT
#include "cli/upload.hpp"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/projects.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/cloudflare/account.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/cloudflare/deployed.hpp"
#include "core/cloudflare/secrets.hpp"
#include "core/cloudflare/write_ids.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxSecretsFile = 1 << 20;

// The part that fits into so many bytes and ends with a whole character.
std::string cut_to(std::string_view text, std::size_t bytes) {
    std::string cut(text.substr(0, bytes));
    while (!cut.empty() && !is_valid_utf8(cut)) {
        cut.pop_back();
    }
    return cut;
}

Expected<Annotations> read_annotations(const UploadOptions& options, CliContext& context) {
    if (!is_valid_utf8(options.tag) || !is_valid_utf8(options.message)) {
        return fail(ErrorCode::usage, "--tag and --message are UTF-8");
    }
    if (options.tag.size() > kMaxTagBytes) {
        return fail(ErrorCode::usage, fmt::format("--tag has {} bytes; Cloudflare takes {} at most",
                                                  options.tag.size(), kMaxTagBytes));
    }
    Annotations annotations{options.tag, cut_to(options.message, kMaxMessageBytes)};
    if (annotations.message.size() < options.message.size()) {
        // Not an error: CI passes commit messages on.
        context.console.warn(
            fmt::format("--message is cut to {} bytes, Cloudflare's limit", kMaxMessageBytes));
    }
    return annotations;
}

Expected<std::vector<SecretText>> read_secrets(const UploadOptions& options, CliContext& context) {
    std::vector<SecretText> secrets;
    if (options.secrets_file.empty()) {
        return secrets;
    }
    const Expected<std::string> text = read_text_file(options.secrets_file, kMaxSecretsFile);
    if (!text) {
        return propagate(text);
    }
    const Expected<SecretChanges> changes = parse_secret_changes(options.secrets_file, *text);
    if (!changes) {
        return propagate(changes);
    }
    for (const auto& [name, value] : *changes) {
        if (!value) {
            return fail(ErrorCode::config,
                        fmt::format("{} sets {} to null, and a deployment deletes no secrets",
                                    options.secrets_file, printable(name)));
        }
        context.console.log().hide(*value);
        secrets.push_back({name, *value});
    }
    return secrets;
}

Expected<std::optional<AssetFolder>> read_assets(const Project& project) {
    if (!project.worker.assets) {
        return std::nullopt;
    }
    Expected<AssetFolder> folder = read_asset_folder(project);
    return folder ? Expected<std::optional<AssetFolder>>(std::move(*folder)) : propagate(folder);
}

Expected<> check_before_build(WillSend will_send, const Project& project, CliContext& context) {
    if (Expected<> deployable = check_deployable(project);
        !deployable && will_send == WillSend::yes) {
        return propagate(deployable);
    } else if (!deployable) {
        context.console.warn(deployable.error().message);
    }
    if (will_send == WillSend::yes) {
        if (Expected<Credentials> found = Credentials::from_environment(context.env); !found) {
            return propagate(found);
        }
    }
    return {};
}

// With a client of its own, since the interruption has ended the other one.
AskLive ask_apart(CloudflareSession& session, const WorkerId& worker) {
    return [&session, worker]() -> Expected<Deployment> {
        const Expected<CloudflareApi*> api = session.last_api();
        return api ? ask_live(**api, worker) : propagate(api);
    };
}

} // namespace

Expected<PreparedUpload> prepare_upload(const UploadOptions& options, WillSend will_send,
                                        CliContext& context) {
    Expected<Annotations> annotations = read_annotations(options, context);
    if (!annotations) {
        return propagate(annotations);
    }
    Expected<std::vector<SecretText>> secrets = read_secrets(options, context);
    if (!secrets) {
        return propagate(secrets);
    }
    Expected<Project> project = load_with_warnings(
        context, options.path, {"", environment_of(context, options.environment)});
    if (!project) {
        return propagate(project);
    }
    Expected<std::string> account = account_from_environment(context.env);
    if (!account) {
        return propagate(account);
    }
    if (Expected<> checked = check_before_build(will_send, *project, context); !checked) {
        return propagate(checked);
    }
    Expected<std::optional<AssetFolder>> assets = read_assets(*project);
    if (!assets) {
        return propagate(assets);
    }
    if (Expected<> installed = ensure_packages(context, *project, options.packages); !installed) {
        return propagate(installed);
    }
    Expected<Bundle> bundle = build_project(context, *project);
    if (!bundle) {
        return propagate(bundle);
    }
    std::string chosen = project->worker.account_id.empty() ? *account : project->worker.account_id;
    return PreparedUpload{std::move(*project),
                          std::move(*bundle),
                          std::move(*assets),
                          std::move(*annotations),
                          std::move(*secrets),
                          std::move(chosen),
                          options.provision ? MayCreate::yes : MayCreate::no,
                          options.may_override};
}

Expected<DeployResult> send_upload(const PreparedUpload& prepared, const SendUpload& send,
                                   CliContext& context) {
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    CloudflareApi& api = (*session)->api();
    Expected<std::string> account = choose_account(api, prepared.account);
    if (!account) {
        return std::unexpected(with_outcome(std::move(account.error()), {}, {}));
    }
    Progress progress(context.console, context.clock, "uploading");
    const DeployHooks hooks{
        [&](std::string_view step) { context.console.detail(step); },
        [&](std::string_view text) { context.console.warn(text); },
        [&](std::uint64_t sent, std::uint64_t total) { progress.update(sent, total); },
        ask_apart(**session, {*account, prepared.project.worker.name})};
    return send(api, prepared.inputs(), *account, hooks);
}

void print_upload(const PreparedUpload& prepared, const DeployResult& result, Console& console) {
    if (prepared.assets) {
        console.info(fmt::format("assets {}, {} of them uploaded now",
                                 prepared.assets->files.size(), result.uploaded_assets));
    }
    for (const Resource& resource : result.resources) {
        if (resource.state == Resource::State::created) {
            console.info(fmt::format("created the {}", describe(resource)));
        }
    }
    console.info(fmt::format("version {}", result.version_id));
    if (result.startup_time_ms) {
        console.info(fmt::format("start-up {} ms", *result.startup_time_ms));
    }
}

void add_upload_json(Json& document, const PreparedUpload& prepared, const DeployResult& result) {
    document["version_id"] = result.version_id;
    document["account_id"] = result.account;
    document["bytes"] = prepared.bundle.total_bytes();
    document["startup_time_ms"] = result.startup_time_ms ? Json(*result.startup_time_ms) : Json();
    document["assets"] = prepared.assets ? Json{{"files", prepared.assets->files.size()},
                                                {"uploaded", result.uploaded_assets}}
                                         : Json();
}

Expected<> write_new_ids(const PreparedUpload& prepared, const DeployResult& result,
                         Console& console) {
    if (prepared.may_create == MayCreate::no) {
        return {};
    }
    const Project& project = prepared.project;
    const Expected<std::size_t> written =
        write_ids(project.root, project.worker.file, result.resources);
    if (!written) {
        return propagate(written, "everything is at Cloudflare");
    }
    if (*written > 0) {
        console.info(fmt::format("wrote {} {} into {}", *written, *written == 1 ? "id" : "ids",
                                 project.worker.file));
    }
    return {};
}

const char* const kCredentialsHelp =
    "Credentials come from the environment, as wrangler's do:\n"
    "  CLOUDFLARE_API_TOKEN      a token with \"Workers Scripts: Edit\"\n"
    "  CLOUDFLARE_ACCOUNT_ID     needed when the token sees several accounts\n"
    "  CLOUDFLARE_API_BASE_URL   another address of the API\n\n";

void add_upload_options(CLI::App& command, UploadOptions& options) {
    command.add_option("path", options.path, "The project (default: here)");
    command.add_option("--tag", options.tag, "A short name for the version, up to 100 bytes")
        ->type_name("TEXT");
    command.add_option("--message", options.message, "What it is about")->type_name("TEXT");
    command
        .add_option("--secrets-file", options.secrets_file,
                    "Secrets to set with this version: NAME=value lines, or JSON")
        ->type_name("FILE");
    command.add_flag("--provision", options.provision,
                     "Create the KV namespaces, R2 buckets, D1 databases and queues that are "
                     "missing, and write their ids into the configuration");
    add_environment_option(command, options.environment);
    add_ensure_options(command, options.packages);
}

} // namespace pymode

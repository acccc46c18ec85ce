// SPDX-License-Identifier: MIT
// `pymode deploy`: uploads the project and makes it answer.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/context.hpp"
#include "cli/ensure_packages.hpp"
#include "cli/projects.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/bundle/size_report.hpp"
#include "core/cloudflare/account.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/cloudflare/deploy.hpp"
#include "core/cloudflare/deployed.hpp"
#include "core/cloudflare/live_config.hpp"
#include "core/cloudflare/secrets.hpp"
#include "core/cloudflare/worker_state.hpp"
#include "core/cloudflare/write_ids.hpp"

namespace pymode {
namespace {

struct DeployOptions {
    std::string path = ".";
    bool dry_run = false;
    std::string tag;
    std::string message;
    std::string secrets_file;
    bool provision = false;
    bool yes = false;
    std::optional<std::string> environment;
    EnsureFlags packages;
};

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxSecretsFile = 1 << 20;

// Everything that can be known before the network is asked.
struct Prepared {
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

// The part that fits into so many bytes and ends with a whole character.
std::string cut_to(std::string_view text, std::size_t bytes) {
    std::string cut(text.substr(0, bytes));
    while (!cut.empty() && !is_valid_utf8(cut)) {
        cut.pop_back();
    }
    return cut;
}

Expected<Annotations> read_annotations(const DeployOptions& options, CliContext& context) {
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

Expected<std::vector<SecretText>> read_secrets(const DeployOptions& options, CliContext& context) {
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

Expected<> check_before_build(const DeployOptions& options, const Project& project,
                              CliContext& context) {
    if (Expected<> deployable = check_deployable(project); !deployable && !options.dry_run) {
        return propagate(deployable);
    } else if (!deployable) {
        context.console.warn(deployable.error().message);
    }
    if (!options.dry_run) {
        if (Expected<Credentials> found = Credentials::from_environment(context.env); !found) {
            return propagate(found);
        }
    }
    return {};
}

Expected<Prepared> prepare(const DeployOptions& options, CliContext& context) {
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
    if (Expected<> checked = check_before_build(options, *project, context); !checked) {
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
    return Prepared{std::move(*project),
                    std::move(*bundle),
                    std::move(*assets),
                    std::move(*annotations),
                    std::move(*secrets),
                    std::move(chosen),
                    options.provision ? MayCreate::yes : MayCreate::no,
                    options.yes};
}

// What a deployment would change at Cloudflare; nothing when it could not be asked.
struct Comparison {
    std::vector<Difference> differences;
    std::vector<std::string> unknown;
};

Expected<Comparison> compare_with_live(const Prepared& prepared, CliContext& context) {
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    CloudflareApi& api = (*session)->api();
    const Expected<std::string> account = choose_account(api, prepared.account);
    if (!account) {
        return propagate(account);
    }
    const WorkerConfig& worker = prepared.project.worker;
    const Expected<std::vector<Resource>> resources = find_resources(api, *account, worker);
    if (!resources) {
        return propagate(resources);
    }
    Expected<WorkerState> live = fetch_live_state(api, *account, worker);
    if (!live) {
        return propagate(live);
    }
    return Comparison{differences(*live, wanted_state(with_ids(worker, *resources))),
                      std::move(live->unknown)};
}

std::string comparison_text(const Comparison& comparison) {
    if (comparison.differences.empty()) {
        return "\nbeside what is live, only code and assets can differ\n";
    }
    std::string text = "\nbeside what is live:\n";
    for (const Difference& difference : comparison.differences) {
        text += fmt::format("  {}\n", to_line(difference));
    }
    return text;
}

Expected<> print_plan(const Prepared& prepared, const std::string& base_url, CliContext& context) {
    Json steps = Json::array();
    std::string text = fmt::format("would send to {}:\n", url_for_messages(base_url));
    for (const DeployStep& step : plan_deploy(prepared.inputs(), prepared.account)) {
        text += fmt::format("  {:<5} {}\n        {}\n", step.method, step.path, step.what);
        steps.push_back({{"method", step.method}, {"path", step.path}, {"what", step.what}});
    }
    Json changes; // null: not known
    if (Credentials::from_environment(context.env)) {
        const Expected<Comparison> comparison = compare_with_live(prepared, context);
        if (!comparison && comparison.error().code == ErrorCode::cancelled) {
            return propagate(comparison);
        }
        if (comparison) {
            text += comparison_text(*comparison);
            changes = Json(to_json(comparison->differences));
            for (const std::string& part : comparison->unknown) {
                context.console.warn(fmt::format("not compared: {}", part));
            }
        } else {
            context.console.warn(
                fmt::format("not compared with what is live: {}", comparison.error().message));
        }
    }
    const SizeReport report = measure(prepared.bundle);
    text += fmt::format("\n{}\n{}", prepared.bundle.metadata, format_sizes(report));
    context.console.print(text);
    context.console.print_json(Json{
        {"dry_run", true},
        {"name", prepared.project.worker.name},
        {"steps", std::move(steps)},
        {"changes", std::move(changes)},
        {"metadata", Json::parse(prepared.bundle.metadata)},
        {"bytes", report.total.raw},
        {"gzip_bytes",
         report.total.gzip}}.dump());
    return {};
}

void print_json_result(const Prepared& prepared, const DeployResult& result,
                       std::chrono::milliseconds time, Console& console) {
    const std::vector<std::string>& urls = result.triggers.urls;
    Json document = {{"name", prepared.project.worker.name},
                     {"url", urls.empty() ? Json() : Json(urls.front())},
                     {"urls", urls},
                     {"version_id", result.version_id},
                     {"account_id", result.account},
                     {"created", result.created},
                     {"bytes", prepared.bundle.total_bytes()},
                     {"milliseconds", time.count()}};
    document["startup_time_ms"] = result.startup_time_ms ? Json(*result.startup_time_ms) : Json();
    document["assets"] = prepared.assets ? Json{{"files", prepared.assets->files.size()},
                                                {"uploaded", result.uploaded_assets}}
                                         : Json();
    document["triggers"] = Json(to_json(result.triggers));
    console.print_json(document.dump());
}

void print_result(const Prepared& prepared, const DeployResult& result,
                  std::chrono::milliseconds time, CliContext& context) {
    Console& console = context.console;
    const Project& project = prepared.project;
    console.success(fmt::format("{} {} ({}, {}) in {}", result.created ? "created" : "updated",
                                project.worker.name, describe_bundle(project, prepared.bundle),
                                human_size(prepared.bundle.total_bytes()), human_duration(time)));
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
    for (const std::string& url : result.triggers.urls) {
        console.print(url);
    }
    print_json_result(prepared, result, time, console);
}

// The ids of what --provision has found or made, into the configuration.
Expected<> write_new_ids(const Project& project, const std::vector<Resource>& resources,
                         Console& console) {
    const Expected<std::size_t> written = write_ids(project.root, project.worker.file, resources);
    if (!written) {
        return propagate(written, "the deployment is complete");
    }
    if (*written > 0) {
        console.info(fmt::format("wrote {} {} into {}", *written, *written == 1 ? "id" : "ids",
                                 project.worker.file));
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

Expected<> run_deploy(const DeployOptions& options, CliContext& context) {
    const Stopwatch watch(context.clock);
    Expected<std::string> base_url = api_base_url(context.env);
    if (!base_url) {
        return propagate(base_url);
    }
    const SignalCancellation signals(context.cancel);
    Expected<Prepared> prepared = prepare(options, context);
    if (!prepared) {
        return propagate(prepared);
    }
    if (options.dry_run) {
        return print_plan(*prepared, *base_url, context);
    }
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    CloudflareApi& api = (*session)->api();
    Expected<std::string> account = choose_account(api, prepared->account);
    if (!account) {
        return propagate(account);
    }
    Progress progress(context.console, context.clock, "uploading");
    const DeployHooks hooks{
        [&](std::string_view step) { context.console.detail(step); },
        [&](std::string_view text) { context.console.warn(text); },
        [&](std::uint64_t sent, std::uint64_t total) { progress.update(sent, total); },
        ask_apart(**session, {*account, prepared->project.worker.name})};
    Expected<DeployResult> result = deploy(api, prepared->inputs(), *account, hooks);
    if (!result) {
        return propagate(result);
    }
    print_result(*prepared, *result, watch.elapsed(), context);
    return options.provision ? write_new_ids(prepared->project, result->resources, context.console)
                             : Expected<>();
}

} // namespace

void add_deploy_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<DeployOptions>();
    CLI::App* command = app.add_subcommand("deploy", "Upload the project to Cloudflare");
    command->add_option("path", options->path, "The project (default: here)");
    command->add_flag("--dry-run", options->dry_run, "Build, and show what would be sent");
    command->add_option("--tag", options->tag, "A short name for the version, up to 100 bytes")
        ->type_name("TEXT");
    command->add_option("--message", options->message, "What this deployment is about")
        ->type_name("TEXT");
    command
        ->add_option("--secrets-file", options->secrets_file,
                     "Secrets to set with this version: NAME=value lines, or JSON")
        ->type_name("FILE");
    command->add_flag("--provision", options->provision,
                      "Create the KV namespaces, R2 buckets, D1 databases and queues that are "
                      "missing, and write their ids into the configuration");
    command->add_flag("-y,--yes", options->yes,
                      "Take custom domains and DNS records from what has them");
    add_environment_option(*command, options->environment);
    add_ensure_options(*command, options->packages);
    command->footer("Credentials come from the environment, as wrangler's do:\n"
                    "  CLOUDFLARE_API_TOKEN      a token with \"Workers Scripts: Edit\"\n"
                    "  CLOUDFLARE_ACCOUNT_ID     needed when the token sees several accounts\n"
                    "  CLOUDFLARE_API_BASE_URL   another address of the API\n\n"
                    "Examples:\n"
                    "  pymode deploy\n"
                    "  pymode deploy my-worker --dry-run\n"
                    "  pymode deploy --provision\n"
                    "  pymode deploy --tag v1.2.0 --message \"the new prices\"\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_deploy(*options, context); };
    });
}

} // namespace pymode

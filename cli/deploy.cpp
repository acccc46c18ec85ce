// SPDX-License-Identifier: MIT
// `pymode deploy`: uploads the project and makes it answer.
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/context.hpp"
#include "cli/ensure_packages.hpp"
#include "cli/projects.hpp"
#include "core/base/text.hpp"
#include "core/bundle/size_report.hpp"
#include "core/cloudflare/account.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/cloudflare/deploy.hpp"

namespace pymode {
namespace {

struct DeployOptions {
    std::string path = ".";
    bool dry_run = false;
    std::optional<std::string> environment;
    EnsureFlags packages;
};

using Json = nlohmann::ordered_json;

// Everything that can be known before the network is asked.
struct DeployInputs {
    Project project;
    Bundle bundle;
    std::string account; // of the project or the environment; may be empty
};

Expected<DeployInputs> prepare(const DeployOptions& options, CliContext& context) {
    Expected<Project> project = load_with_warnings(
        context, options.path, {"", environment_of(context, options.environment)});
    if (!project) {
        return propagate(project);
    }
    Expected<std::string> account = account_from_environment(context.env);
    if (!account) {
        return propagate(account);
    }
    if (Expected<> deployable = check_deployable(*project); !deployable && !options.dry_run) {
        return propagate(deployable);
    } else if (!deployable) {
        context.console.warn(deployable.error().message);
    }
    if (!options.dry_run) {
        if (Expected<Credentials> found = Credentials::from_environment(context.env); !found) {
            return propagate(found);
        }
    }
    if (Expected<> installed = ensure_packages(context, *project, options.packages); !installed) {
        return propagate(installed);
    }
    Expected<Bundle> bundle = build_project(context, *project);
    if (!bundle) {
        return propagate(bundle);
    }
    std::string chosen = project->worker.account_id.empty() ? *account : project->worker.account_id;
    return DeployInputs{std::move(*project), std::move(*bundle), std::move(chosen)};
}

Expected<> print_plan(const DeployInputs& inputs, const std::string& base_url,
                      CliContext& context) {
    Json steps = Json::array();
    std::string text = fmt::format("would send to {}:\n", url_for_messages(base_url));
    for (const DeployStep& step : plan_deploy(inputs.project, inputs.bundle, inputs.account)) {
        text += fmt::format("  {:<4} {}\n       {}\n", step.method, step.path, step.what);
        steps.push_back({{"method", step.method}, {"path", step.path}, {"what", step.what}});
    }
    const SizeReport report = measure(inputs.bundle);
    text += fmt::format("\n{}\n{}", inputs.bundle.metadata, format_sizes(report));
    context.console.print(text);
    context.console.print_json(Json{
        {"dry_run", true},
        {"name", inputs.project.worker.name},
        {"steps", std::move(steps)},
        {"metadata", Json::parse(inputs.bundle.metadata)},
        {"bytes", report.total.raw},
        {"gzip_bytes",
         report.total.gzip}}.dump());
    return {};
}

void print_result(const DeployInputs& inputs, const DeployResult& result,
                  std::chrono::milliseconds time, CliContext& context) {
    Console& console = context.console;
    console.success(fmt::format("{} {} ({}, {}) in {}", result.created ? "created" : "updated",
                                inputs.project.worker.name,
                                describe_bundle(inputs.project, inputs.bundle),
                                human_size(inputs.bundle.total_bytes()), human_duration(time)));
    console.info(fmt::format("version {}", result.version_id));
    if (result.startup_time_ms) {
        console.info(fmt::format("start-up {} ms", *result.startup_time_ms));
    }
    if (!result.url.empty()) {
        console.print(result.url);
    }
    Json document = {{"name", inputs.project.worker.name},
                     {"url", result.url.empty() ? Json() : Json(result.url)},
                     {"version_id", result.version_id},
                     {"account_id", result.account},
                     {"created", result.created},
                     {"bytes", inputs.bundle.total_bytes()},
                     {"milliseconds", time.count()}};
    document["startup_time_ms"] = result.startup_time_ms ? Json(*result.startup_time_ms) : Json();
    console.print_json(document.dump());
}

Expected<> run_deploy(const DeployOptions& options, CliContext& context) {
    const Stopwatch watch(context.clock);
    Expected<std::string> base_url = api_base_url(context.env);
    if (!base_url) {
        return propagate(base_url);
    }
    const SignalCancellation signals(context.cancel);
    Expected<DeployInputs> inputs = prepare(options, context);
    if (!inputs) {
        return propagate(inputs);
    }
    if (options.dry_run) {
        return print_plan(*inputs, *base_url, context);
    }
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    CloudflareApi& api = (*session)->api();
    Expected<std::string> account = choose_account(api, inputs->account);
    if (!account) {
        return propagate(account);
    }
    Progress progress(context.console, context.clock, "uploading");
    const DeployHooks hooks{
        [&](std::string_view step) { context.console.detail(step); },
        [&](std::uint64_t sent, std::uint64_t total) { progress.update(sent, total); }};
    Expected<DeployResult> result = deploy(api, inputs->project, inputs->bundle, *account, hooks);
    if (!result) {
        return propagate(result);
    }
    print_result(*inputs, *result, watch.elapsed(), context);
    return {};
}

} // namespace

void add_deploy_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<DeployOptions>();
    CLI::App* command = app.add_subcommand("deploy", "Upload the project to Cloudflare");
    command->add_option("path", options->path, "The project (default: here)");
    command->add_flag("--dry-run", options->dry_run, "Build, and show what would be sent");
    add_environment_option(*command, options->environment);
    add_ensure_options(*command, options->packages);
    command->footer("Credentials come from the environment, as wrangler's do:\n"
                    "  CLOUDFLARE_API_TOKEN      a token with \"Workers Scripts: Edit\"\n"
                    "  CLOUDFLARE_ACCOUNT_ID     needed when the token sees several accounts\n"
                    "  CLOUDFLARE_API_BASE_URL   another address of the API\n\n"
                    "Examples:\n"
                    "  pymode deploy\n"
                    "  pymode deploy my-worker --dry-run\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_deploy(*options, context); };
    });
}

} // namespace pymode

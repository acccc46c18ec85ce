// SPDX-License-Identifier: MIT
// `pymode deploy`: uploads the project and makes it answer.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/context.hpp"
#include "cli/projects.hpp"
#include "cli/subcommand.hpp"
#include "cli/upload.hpp"
#include "core/base/text.hpp"
#include "core/bundle/size_report.hpp"
#include "core/cloudflare/account.hpp"
#include "core/cloudflare/credentials.hpp"
#include "core/cloudflare/live_config.hpp"
#include "core/cloudflare/worker_state.hpp"

namespace pymode {
namespace {

struct DeployOptions {
    UploadOptions upload;
    bool dry_run = false;
};

using Json = nlohmann::ordered_json;

// What a deployment would change at Cloudflare; nothing when it could not be asked.
struct Comparison {
    std::vector<Difference> differences;
    std::vector<std::string> unknown;
};

Expected<Comparison> compare_with_live(const PreparedUpload& prepared, CliContext& context) {
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

Expected<> print_plan(const PreparedUpload& prepared, const std::string& base_url,
                      CliContext& context) {
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
    const SizeReport report = measure(prepared.bundle, context.assets);
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

void print_result(const PreparedUpload& prepared, const DeployResult& result,
                  std::chrono::milliseconds time, Console& console) {
    const Project& project = prepared.project;
    console.success(fmt::format("{} {} ({}, {}) in {}", result.created ? "created" : "updated",
                                project.worker.name, describe_bundle(project, prepared.bundle),
                                human_size(prepared.bundle.total_bytes()), human_duration(time)));
    print_upload(prepared, result, console);
    const std::vector<std::string>& urls = result.triggers.urls;
    for (const std::string& url : urls) {
        console.print(url);
    }
    Json document = {{"name", project.worker.name},
                     {"url", urls.empty() ? Json() : Json(urls.front())},
                     {"urls", urls},
                     {"created", result.created},
                     {"milliseconds", time.count()}};
    add_upload_json(document, prepared, result);
    document["triggers"] = Json(to_json(result.triggers));
    console.print_json(document.dump());
}

Expected<> run_deploy(const DeployOptions& options, CliContext& context) {
    const Stopwatch watch(context.clock);
    Expected<std::string> base_url = api_base_url(context.env);
    if (!base_url) {
        return propagate(base_url);
    }
    const SignalCancellation signals(context.cancel);
    Expected<PreparedUpload> prepared =
        prepare_upload(options.upload, options.dry_run ? WillSend::no : WillSend::yes, context);
    if (!prepared) {
        return propagate(prepared);
    }
    if (options.dry_run) {
        return print_plan(*prepared, *base_url, context);
    }
    Expected<DeployResult> result = send_upload(*prepared, deploy, context);
    if (!result) {
        return propagate(result);
    }
    print_result(*prepared, *result, watch.elapsed(), context.console);
    return write_new_ids(*prepared, *result, context.console);
}

} // namespace

void add_deploy_command(CLI::App& app, CliAction& chosen) {
    add_leaf_command<DeployOptions>(
        app, "deploy", "Upload the project to Cloudflare", chosen,
        [](CLI::App& command, DeployOptions& options) {
            command.add_flag("--dry-run", options.dry_run, "Build, and show what would be sent");
            add_upload_options(command, options.upload);
            command.add_flag("-y,--yes", options.upload.may_override,
                             "Take custom domains and DNS records from what has them");
        },
        run_deploy)
        ->footer(kCredentialsHelp + std::string("Examples:\n"
                                                "  pymode deploy\n"
                                                "  pymode deploy my-worker --dry-run\n"
                                                "  pymode deploy --provision\n"
                                                "  pymode deploy --tag v1.2.0 --message \"the new "
                                                "prices\"\n"));
}

} // namespace pymode

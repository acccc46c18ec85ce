// SPDX-License-Identifier: MIT
// `pymode triggers deploy`: what makes the Worker run, without its code.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/context.hpp"
#include "cli/projects.hpp"
#include "cli/subcommand.hpp"
#include "core/cloudflare/deployed.hpp"
#include "core/cloudflare/triggers.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

struct TriggersOptions {
    std::string path = ".";
    std::optional<std::string> environment;
    bool yes = false;
};

void print_triggers(const std::string& name, const TriggerReport& report, Console& console) {
    console.success(fmt::format("set the triggers of {}", name));
    for (const Trigger& trigger : report.triggers) {
        console.info(trigger.what);
    }
    for (const std::string& url : report.urls) {
        console.print(url);
    }
    console.print_json(
        Json{{"name", name}, {"urls", report.urls}, {"triggers", Json(to_json(report))}}.dump());
}

Expected<> run_triggers(const TriggersOptions& options, CliContext& context) {
    const Expected<Project> project = load_with_warnings(
        context, options.path,
        {.main = "", .environment = environment_of(context, options.environment)});
    if (!project) {
        return propagate(project);
    }
    const WorkerConfig& worker = project->worker;
    Expected<std::unique_ptr<CloudflareSession>> session = CloudflareSession::open(context);
    if (!session) {
        return propagate(session);
    }
    CloudflareApi& api = (*session)->api();
    const Expected<std::string> account = (*session)->account(worker.account_id);
    if (!account) {
        return propagate(account);
    }
    Expected<std::string> subdomain =
        worker.on_workers_dev() ? ask_subdomain(api, *account) : Expected<std::string>("");
    if (!subdomain) {
        return propagate(subdomain);
    }
    const TriggerReport report =
        apply_triggers(api, *account, worker, {std::move(*subdomain), options.yes},
                       {[&](std::string_view step) { context.console.detail(step); }});
    for (const std::string& warning : report.warnings) {
        context.console.warn(warning);
    }
    if (!report.complete()) {
        return std::unexpected(report.error());
    }
    print_triggers(worker.name, report, context.console);
    return {};
}

} // namespace

void add_triggers_command(CLI::App& app, CliAction& chosen) {
    CLI::App* group = add_command_group(app, "triggers", "What makes the deployed Worker run");
    add_leaf_command<TriggersOptions>(
        *group, "deploy",
        "Set workers.dev, routes, domains, crons and consumers as configured; code stays", chosen,
        [](CLI::App& command, TriggersOptions& options) {
            command.add_option("path", options.path, "The project (default: here)");
            add_environment_option(command, options.environment);
            command.add_flag("-y,--yes", options.yes,
                             "Take custom domains and DNS records from what has them");
        },
        run_triggers)
        ->footer("`pymode deploy` does this too; it is for versions that were uploaded alone.\n\n"
                 "Example:\n"
                 "  pymode versions upload\n"
                 "  pymode versions deploy ID\n"
                 "  pymode triggers deploy\n");
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// `pymode rollback`: an earlier version answers again.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/confirm.hpp"
#include "cli/context.hpp"
#include "cli/deploy_version.hpp"
#include "cli/subcommand.hpp"
#include "cli/table.hpp"
#include "core/cloudflare/versions.hpp"

namespace pymode {
namespace {

struct RollbackOptions {
    WorkerOptions worker;
    std::string version;
    std::string message;
    bool yes = false;
};

Expected<std::string> choose_target(const RollbackOptions& options, const WorkerAccess& access,
                                    const std::vector<Deployment>& deployments) {
    const std::string& name = access.worker.name;
    if (deployments.empty()) {
        return fail(ErrorCode::not_found, fmt::format("{} has never been deployed", name));
    }
    if (options.version.empty()) {
        std::optional<std::string> target = rollback_target(deployments);
        return target
                   ? Expected<std::string>(std::move(*target))
                   : fail(ErrorCode::not_found,
                          fmt::format("no earlier deployment of {} had a version at 100 %", name),
                          "name the version: `pymode versions list` shows them");
    }
    const std::vector<VersionShare>& live = deployments.front().versions;
    if (live.size() == 1 && live.front().version_id == options.version) {
        return fail(ErrorCode::usage,
                    fmt::format("version {} is what is live already", options.version));
    }
    return options.version;
}

std::string describe(const VersionHead& version) {
    std::string text = fmt::format("{} of {}", version.id, shown_time(version.created_on));
    if (!version.message.empty()) {
        text += fmt::format(" (\"{}\")", version.message);
    }
    return text;
}

Expected<> run_rollback(const RollbackOptions& options, CliContext& context) {
    if (!options.version.empty()) {
        if (Expected<> right = check_version_id(options.version); !right) {
            return right;
        }
    }
    if (Expected<> fits = check_message(options.message); !fits) {
        return fits;
    }
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    CloudflareApi& api = access->session->api();
    const Expected<std::vector<Deployment>> deployments = list_deployments(api, access->worker);
    if (!deployments) {
        return propagate(deployments);
    }
    const Expected<std::string> target = choose_target(options, *access, *deployments);
    if (!target) {
        return propagate(target);
    }
    const Expected<Version> version = get_version(api, access->worker, *target);
    if (!version) {
        return propagate(version);
    }
    const Deployment& live = deployments->front();
    context.console.info(fmt::format("live now: {}", describe_shares(live.versions)));
    if (Expected<> confirmed = confirm(context,
                                       fmt::format("Send all requests of {} to version {}?",
                                                   access->worker.name, describe(version->head)),
                                       options.yes);
        !confirmed) {
        return confirmed;
    }
    const Expected<std::string> deployment = deploy_versions(
        context, *access, {{{*target, 100}}, options.message, false}, live.id, options.yes);
    if (!deployment) {
        return propagate(deployment);
    }
    context.console.success(fmt::format("version {} of {} is live; stored data stays as it is",
                                        *target, access->worker.name));
    context.console.print_json(nlohmann::ordered_json{
        {"worker", access->worker.name}, {"version_id", *target}, {"deployment_id", *deployment}}
                                   .dump());
    return {};
}

} // namespace

void add_rollback_command(CLI::App& app, CliAction& chosen) {
    add_leaf_command<RollbackOptions>(
        app, "rollback", "Send all requests to an earlier version", chosen,
        [](CLI::App& command, RollbackOptions& options) {
            command.add_option("version", options.version,
                               "Its id (default: the last that had all requests before)");
            command.add_option("-m,--message", options.message, "Why, for `pymode deployments`")
                ->check(utf8_text());
            add_worker_options(command, options.worker);
            add_yes_option(command, options.yes);
        },
        run_rollback)
        ->footer(
            "What KV, D1, R2, queues and Durable Objects hold does not change. When secrets\n"
            "have changed since, it says so and asks once more.\n\n"
            "Examples:\n"
            "  pymode rollback\n"
            "  pymode rollback 3b5c9a1e-0c4d-4e55-9d0c-8f1d7a6e2b10 -m \"prices are wrong\"\n");
}

} // namespace pymode

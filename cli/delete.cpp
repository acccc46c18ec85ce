// SPDX-License-Identifier: MIT
// `pymode delete`: takes the Worker off Cloudflare.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/confirm.hpp"
#include "cli/context.hpp"
#include "cli/subcommand.hpp"
#include "core/base/standard_input.hpp"
#include "core/cloudflare/delete_worker.hpp"

namespace pymode {
namespace {

struct DeleteOptions {
    WorkerOptions worker;
    bool yes = false;
    bool force = false;
};

Expected<> confirm_deletion(const DeleteOptions& options, const std::string& name,
                            const WorkerUses& uses, CliContext& context) {
    for (const std::string& dependent : uses.dependents) {
        context.console.warn(fmt::format("{}: {}", name, dependent));
    }
    if (!uses.dependents.empty() && !options.force && (options.yes || !input_is_terminal())) {
        return fail(ErrorCode::usage, fmt::format("others depend on {}", name),
                    "--force deletes it in spite of that");
    }
    const std::string data = uses.object_classes.empty()
                                 ? ""
                                 : fmt::format(" and all that its Durable Objects ({}) store",
                                               join(uses.object_classes, ", "));
    return confirm(context,
                   fmt::format("Delete {}, its versions, routes, secrets{}{}?", name, data,
                               uses.dependents.empty() ? "" : ", although others depend on it"),
                   options.yes || options.force);
}

Expected<> run_delete(const DeleteOptions& options, CliContext& context) {
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const std::string& name = access->worker.name;
    CloudflareApi& api = access->session->api();
    const Expected<WorkerUses> uses = find_worker_uses(api, access->worker);
    if (!uses) {
        return propagate(uses);
    }
    if (Expected<> confirmed = confirm_deletion(options, name, *uses, context); !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted = delete_worker(
            api, access->worker, uses->dependents.empty() ? AlsoIfUsed::no : AlsoIfUsed::yes);
        !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("deleted {}", name));
    context.console.print_json(nlohmann::ordered_json{
        {"deleted", name},
        {"durable_objects", uses->object_classes},
        {"dependents",
         uses->dependents}}.dump());
    return {};
}

} // namespace

void add_delete_command(CLI::App& app, CliAction& chosen) {
    add_leaf_command<DeleteOptions>(
        app, "delete", "Delete the Worker from Cloudflare", chosen,
        [](CLI::App& command, DeleteOptions& options) {
            add_worker_options(command, options.worker);
            add_yes_option(command, options.yes);
            command.add_flag("--force", options.force,
                             "Do not ask, not even when other Workers depend on it");
        },
        run_delete)
        ->footer("Its versions, routes and secrets go with it, and all data of its Durable\n"
                 "Objects. KV namespaces, D1 databases, R2 buckets and queues stay.\n\n"
                 "Examples:\n"
                 "  pymode delete\n"
                 "  pymode delete --name my-worker-staging --yes\n");
}

} // namespace pymode

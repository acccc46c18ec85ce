// SPDX-License-Identifier: MIT
// `pymode tail`: what a deployed Worker does, as it happens.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "cli/cloudflare_session.hpp"
#include "cli/context.hpp"
#include "cli/projects.hpp"
#include "core/cloudflare/tail.hpp"
#include "core/cloudflare/tail_event.hpp"

namespace pymode {
namespace {

struct TailOptions {
    WorkerOptions worker;
    TailFilters filters;
};

// `pymode tail | head`: nobody reads any more.
bool reader_is_gone() {
    pollfd out{STDOUT_FILENO, 0, 0};
    return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

// The parser has looked at it: one object. A line each, however it came.
std::string in_one_line(const std::string& text, const nlohmann::json& event) {
    return text.find_first_of("\r\n") == std::string::npos
               ? text
               : event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TailHooks hooks_of(CliContext& context) {
    Console& console = context.console;
    const Log log = console.log();
    TailHooks hooks;
    hooks.open = open_web_socket;
    hooks.socket = {.subprotocol = "trace-v1",
                    .user_agent = fmt::format("pymode/{}", PYMODE_VERSION),
                    .env = context.env,
                    .cancel = context.cancel};
    hooks.on_tail = [log](const Tail& tail) {
        log.hide(tail.url);
        log.hide(tail.id);
    };
    hooks.on_progress = [&console](std::string_view text) { console.info(text); };
    hooks.on_event = [&context, &console](const std::string& text, const nlohmann::json& event) {
        const Paint paint = [&console](Style style, std::string_view part) {
            return style == Style::plain ? std::string(part) : console.styled_out(style, part);
        };
        console.print(format_tail_event(event, paint));
        console.print_json(in_one_line(text, event));
        if (reader_is_gone()) {
            context.cancel.cancel();
        }
    };
    return hooks;
}

Expected<> run_tail(const TailOptions& options, CliContext& context) {
    Expected<nlohmann::json> filters = tail_filters(options.filters);
    if (!filters) {
        return propagate(filters);
    }
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    Expected<CloudflareApi*> last_api = access->session->last_api();
    if (!last_api) {
        return propagate(last_api);
    }
    const TailTarget target{access->worker.account, access->worker.name, std::move(*filters)};
    return follow_tail(access->session->api(), **last_api, context.clock, target,
                       hooks_of(context));
}

void add_filters(CLI::App& command, TailFilters& filters) {
    command
        .add_option("--status", filters.statuses, "Only events that end so: ok, error, canceled")
        ->group("Filters");
    command.add_option("--method", filters.methods, "Only requests with this method")
        ->group("Filters");
    command.add_option("--search", filters.search, "Only events whose logs hold this text")
        ->group("Filters");
    command.add_option("--header", filters.header, "Only requests with this header (NAME[:VALUE])")
        ->group("Filters");
    command
        .add_option("--ip", filters.ips, "Only requests from this address; self is this machine")
        ->group("Filters");
    command
        .add_option("--sampling-rate", filters.sampling_rate,
                    "Only this share of all events, above 0 to 1")
        ->group("Filters");
    command.add_option("--version-id", filters.version_id, "Only events of this version")
        ->group("Filters");
}

} // namespace

void add_tail_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<TailOptions>();
    CLI::App* command =
        app.add_subcommand("tail", "Show what a deployed Worker does, as it happens");
    command->add_option("worker", options->worker.name, "Its name (default: the project's)");
    command->add_option("--project", options->worker.project, "The project (default: here)")
        ->type_name("PATH");
    add_environment_option(*command, options->worker.environment);
    add_filters(*command, options->filters);
    command->footer(
        "Requests, cron runs, queues, alarms and calls, each with its outcome, its logs and\n"
        "its exceptions; times are UTC. With --json one event a line, as Cloudflare sends it.\n"
        "--status, --method and --ip may be given more than once. Ctrl-C ends it; a lost\n"
        "connection is made again. Needs the permission \"Workers Tail: Read\".\n\n"
        "Examples:\n"
        "  pymode tail\n"
        "  pymode tail my-worker --status error\n"
        "  pymode tail my-worker --json | jq .outcome\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_tail(*options, context); };
    });
}

} // namespace pymode

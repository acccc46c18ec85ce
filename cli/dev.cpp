// SPDX-License-Identifier: MIT
// `pymode dev`: runs the project here and reloads it when a file is saved.
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/ensure_packages.hpp"
#include "cli/projects.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/devserver/dev_server.hpp"
#include "core/devserver/port.hpp"
#include "core/project/names.hpp"
#include "core/toolchain/node_tools.hpp"

namespace pymode {
namespace {

struct DevCommandOptions {
    std::string path = ".";
    bool workerd = false; // the only way there is so far
    int port = 8787;
    std::string host = "127.0.0.1";
    std::string entry;
    std::vector<std::string> env;
    std::optional<std::string> environment;
    EnsureFlags packages;
};

Expected<std::vector<DevVar>> parse_env_options(const std::vector<std::string>& texts) {
    std::vector<DevVar> vars;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        const std::string name = text.substr(0, equals);
        if (equals == std::string::npos || !is_identifier(name)) {
            // The text may be a secret with its name forgotten: it is not shown.
            return fail(ErrorCode::usage, "--env wants NAME=value",
                        "for example --env GREETING=hello");
        }
        vars.push_back({name, text.substr(equals + 1)});
    }
    return vars;
}

Expected<> run_dev(const DevCommandOptions& options, CliContext& context) {
    Expected<std::vector<DevVar>> vars = parse_env_options(options.env);
    if (!vars) {
        return propagate(vars);
    }
    Expected<Project> project = load_with_warnings(
        context, options.path, {options.entry, environment_of(context, options.environment)});
    if (!project) {
        return propagate(project);
    }
    if (Expected<> free = check_port(options.host, options.port); !free) {
        return free;
    }
    Expected<fs::path> self = self_executable();
    if (!self) {
        return propagate(self);
    }
    Expected<NodeTools> tools =
        find_node_tools({project->root, *self, context.env, context.console.log()});
    if (!tools) {
        return propagate(tools);
    }
    context.console.detail(fmt::format("Node {} at {}", tools->node_version, tools->node.string()));
    context.console.detail(
        fmt::format("Miniflare {} at {}", tools->miniflare_version, tools->miniflare.string()));
    const SignalCancellation signals(context.cancel);
    if (Expected<> installed = ensure_packages(context, *project, options.packages); !installed) {
        return installed;
    }
    return run_dev_server(*project, {options.entry, options.host, options.port, std::move(*vars)},
                          {context.console, context.clock, context.env, context.cancel,
                           context.assets, compiler(context), package_bytecode(context),
                           std::move(*tools)});
}

} // namespace

void add_dev_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<DevCommandOptions>();
    CLI::App* command = app.add_subcommand("dev", "Run the project here, reload on save");
    command->add_option("path", options->path, "The project (default: here)");
    command->add_flag("--workerd", options->workerd,
                      "Run the bundle of a deploy in workerd (the default for now)");
    command->add_option("--port", options->port, "Where to listen; 0 takes any free port")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
    command->add_option("--host", options->host, "The address to listen on")->capture_default_str();
    command->add_option("--entry", options->entry, "Another main file than [tool.pymode] names");
    command->add_option("--env", options->env, "NAME=value: a variable, over .dev.vars; repeatable")
        ->expected(1)
        ->take_all();
    add_environment_option(*command, options->environment);
    add_ensure_options(*command, options->packages);
    command->footer("Variables in .dev.vars (NAME=value lines) are in `env` too.\n\n"
                    "Examples:\n"
                    "  pymode dev\n"
                    "  pymode dev my-worker --port 9000 --env GREETING=hello\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_dev(*options, context); };
    });
}

} // namespace pymode

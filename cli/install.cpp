// SPDX-License-Identifier: MIT
// `pymode install` and `pymode lock`: what pyproject.toml asks for, locked and installed.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/package_report.hpp"
#include "cli/package_session.hpp"
#include "cli/projects.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

struct InstallOptionsOfCommand {
    PackageFlags flags;
    std::vector<std::string> packages; // a mistake that deserves an answer
    std::vector<std::string> files;    // the same
    bool check = false;
};

Expected<> run(const InstallOptionsOfCommand& options, bool install, CliContext& context) {
    if (!options.packages.empty()) {
        return fail(ErrorCode::usage, "`pymode install` takes no packages",
                    fmt::format("`pymode add {}` adds it to the project and installs it",
                                options.packages[0]));
    }
    if (!options.files.empty()) {
        return fail(ErrorCode::usage,
                    "`pymode install` takes no requirements file: it installs what the project's "
                    "pyproject.toml and pylock.toml say",
                    fmt::format("`pymode add -r {}` adds everything of the file to the project and "
                                "installs it",
                                printable(options.files[0])));
    }
    const SignalCancellation signals(context.cancel);
    auto session = PackageSession::open(context, options.flags);
    if (!session) {
        return propagate(session);
    }
    PackageSession& open = **session;
    Expected<RequirementsFile> files = open.read_files({}, options.flags.resolve.constraint_files);
    if (!files) {
        return propagate(files);
    }
    Expected<ProjectInputs> inputs = open.inputs(open.texts().pyproject);
    if (!inputs) {
        return propagate(inputs);
    }
    Expected<LockRequestOptions> lock = open.lock_options(*inputs, *files);
    if (!lock) {
        return propagate(lock);
    }
    if (options.check) {
        lock->mode = LockMode::locked;
    }
    Expected<InstallSettings> settings = open.install_settings(*inputs);
    if (!settings) {
        return propagate(settings);
    }
    const SyncRequest request{
        open.root(),  open.texts(),         std::nullopt,
        std::nullopt, open.target(),        std::move(*lock),
        install,      std::move(*settings), options.flags.dry_run || options.check};
    Expected<SyncOutcome> outcome = open.sync(request, inputs->config, *files);
    if (!outcome) {
        return propagate(outcome);
    }
    if (options.check && install && !outcome->plan.up_to_date) {
        return fail(ErrorCode::config, "the installed packages do not fit pylock.toml",
                    "`pymode install` brings them up to date");
    }
    report_sync(request, *outcome, context);
    if (!install) {
        if (!outcome->lock.changed) {
            context.console.info(fmt::format("{} is up to date", kLockFileName));
        }
        report_lock_changes(*outcome, context);
    }
    context.console.print_json(sync_json(request, *outcome).dump());
    return {};
}

} // namespace

void add_install_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<InstallOptionsOfCommand>();
    CLI::App* command =
        app.add_subcommand("install", "Install what the project needs, as pylock.toml says");
    command->alias("sync");
    command->add_option("packages", options->packages)->group("");
    command->add_option("-r,--requirements", options->files)->group("");
    command->add_flag("--check", options->check, "Change nothing, fail if something would change");
    command->add_flag("--dry-run", options->flags.dry_run, "Say what would be done, do nothing");
    add_lock_mode_options(*command, options->flags.resolve);
    add_project_option(*command, options->flags.project);
    add_install_options(*command, options->flags.install);
    add_resolve_options(*command, options->flags.resolve);
    add_source_options(*command, options->flags.source);
    command->footer("Examples:\n"
                    "  pymode install\n"
                    "  pymode install --locked --group test\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run(*options, true, context); };
    });
}

void add_lock_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<InstallOptionsOfCommand>();
    CLI::App* command = app.add_subcommand("lock", "Write pylock.toml, install nothing");
    command->add_flag("--check,--locked", options->check,
                      "Change nothing, fail if pylock.toml does not fit pyproject.toml");
    command->add_flag("--dry-run", options->flags.dry_run, "Say what would be done, do nothing");
    add_project_option(*command, options->flags.project);
    add_resolve_options(*command, options->flags.resolve);
    add_source_options(*command, options->flags.source);
    command->footer("Examples:\n"
                    "  pymode lock\n"
                    "  pymode lock --upgrade-package jinja2\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run(*options, false, context); };
    });
}

} // namespace pymode

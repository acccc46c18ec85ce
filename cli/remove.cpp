// SPDX-License-Identifier: MIT
// `pymode remove`: takes requirements out of pyproject.toml, locks and installs what is left.
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/package_report.hpp"
#include "cli/package_session.hpp"

namespace pymode {
namespace {

using edit::DependencyList;

struct RemoveOptions {
    PackageFlags flags;
    std::vector<std::string> packages;
};

struct Edited {
    std::string text;
    std::vector<std::string> removed; // requirements as they stood there
};

Expected<Edited> edited_text(const RemoveOptions& options, const std::string& pyproject) {
    Edited edited{pyproject, {}};
    for (const std::string& package : options.packages) {
        Expected<pep::Requirement> requirement = pep::Requirement::parse(package);
        if (!requirement) {
            return propagate(requirement);
        }
        Expected<edit::Removed> removed =
            edit::remove_requirement(edited.text, list_of(options.flags.list), requirement->name);
        if (!removed) {
            return propagate(removed);
        }
        edited.text = std::move(removed->text);
        edited.removed.insert(edited.removed.end(), removed->requirements.begin(),
                              removed->requirements.end());
    }
    return edited;
}

void report_removed(const RemoveOptions& options, const Edited& edited, CliContext& context) {
    for (const std::string& requirement : edited.removed) {
        context.console.success(fmt::format("{} `{}` from {}",
                                            options.flags.dry_run ? "would remove" : "removed",
                                            requirement, list_of(options.flags.list).describe()));
    }
}

Expected<> run_remove(const RemoveOptions& options, CliContext& context) {
    const SignalCancellation signals(context.cancel);
    auto session = PackageSession::open(context, options.flags);
    if (!session) {
        return propagate(session);
    }
    PackageSession& open = **session;
    Expected<Edited> edited = edited_text(options, open.texts().pyproject);
    if (!edited) {
        return propagate(edited);
    }
    Expected<ProjectInputs> inputs = open.inputs(edited->text);
    if (!inputs) {
        return propagate(inputs);
    }
    nlohmann::ordered_json document{{"version", "1"}};
    if (options.flags.resolve.frozen) {
        if (!options.flags.dry_run) {
            if (Expected<> done = commit_project_change(open.root(), open.texts(),
                                                        {edited->text, std::nullopt, std::nullopt});
                !done) {
                return done;
            }
        }
    } else {
        const RequirementsFile no_files;
        Expected<LockRequestOptions> lock = open.lock_options(*inputs, no_files);
        if (!lock) {
            return propagate(lock);
        }
        Expected<InstallSettings> settings = open.install_settings(*inputs);
        if (!settings) {
            return propagate(settings);
        }
        keep_selection(open.root(), *inputs, *settings);
        const SyncRequest request{open.root(),
                                  open.texts(),
                                  edited->text,
                                  std::nullopt,
                                  open.target(),
                                  std::move(*lock),
                                  !options.flags.list.no_install,
                                  std::move(*settings),
                                  options.flags.dry_run};
        Expected<SyncOutcome> outcome = open.sync(request, inputs->config, no_files);
        if (!outcome) {
            return propagate(outcome);
        }
        report_sync(request, *outcome, context);
        document = sync_json(request, *outcome);
    }
    report_removed(options, *edited, context);
    document["removed_requirements"] = edited->removed;
    context.console.print_json(document.dump());
    return {};
}

} // namespace

void add_remove_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<RemoveOptions>();
    CLI::App* command = app.add_subcommand("remove", "Remove packages from the project");
    command->add_option("packages", options->packages, "Their names")->required();
    add_list_options(*command, options->flags, "From");
    command->add_flag("--no-install,--no-sync", options->flags.list.no_install,
                      "Lock, but install nothing");
    command->add_flag("--dry-run", options->flags.dry_run, "Say what would be done, do nothing");
    add_lock_mode_options(*command, options->flags.resolve);
    add_project_option(*command, options->flags.project);
    add_source_options(*command, options->flags.source);
    add_archive_options(*command, options->flags.install);
    command->footer("Examples:\n"
                    "  pymode remove jinja2\n"
                    "  pymode remove pytest --dev\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_remove(*options, context); };
    });
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "cli/ensure_packages.hpp"

#include <utility>

#include "cli/package_report.hpp"
#include "cli/package_session.hpp"

namespace pymode {

namespace {

// True when there is neither anything to install nor anything that was installed.
bool has_no_packages(const fs::path& root, const ProjectInputs& inputs) {
    std::error_code error;
    return inputs.requirements.empty() && !fs::exists(root / kLockFileName, error) &&
           !fs::exists(site_packages_path(root), error);
}

} // namespace

void add_ensure_options(CLI::App& command, EnsureFlags& flags) {
    constexpr const char* group = "Packages";
    command
        .add_flag("--no-install,--no-sync", flags.no_install,
                  "Take the installed packages as they are")
        ->group(group);
    CLI::Option* locked = command.add_flag("--locked", flags.locked,
                                           "Fail if pylock.toml does not fit pyproject.toml");
    CLI::Option* frozen =
        command.add_flag("--frozen", flags.frozen, "Take pylock.toml as it is, resolve nothing");
    locked->group(group)->excludes(frozen);
    frozen->group(group);
    command.add_flag("--offline", flags.offline, "Without the network: what the cache has")
        ->group(group);
    command.add_flag("--no-config", flags.no_config, "Without the user's own pymode.toml")
        ->group(group);
}

Expected<> ensure_packages(CliContext& context, const Project& project, const EnsureFlags& flags) {
    if (flags.no_install) {
        return {};
    }
    std::vector<std::string> shown_before; // with the project's own warnings
    Expected<ProjectInputs> inputs = load_project_inputs(project.root, shown_before);
    if (!inputs) {
        return propagate(inputs);
    }
    if (has_no_packages(project.root, *inputs)) {
        return {};
    }
    PackageFlags package_flags;
    package_flags.project = project.root.string();
    package_flags.resolve.locked = flags.locked;
    package_flags.resolve.frozen = flags.frozen;
    package_flags.source.offline = flags.offline;
    package_flags.source.no_config = flags.no_config;
    auto session = PackageSession::open(context, package_flags);
    if (!session) {
        return propagate(session);
    }
    PackageSession& open = **session;
    const RequirementsFile no_files;
    Expected<LockRequestOptions> lock = open.lock_options(*inputs, no_files);
    if (!lock) {
        return propagate(lock);
    }
    Expected<InstallSettings> settings = open.install_settings(*inputs);
    if (!settings) {
        return propagate(settings);
    }
    keep_selection(project.root, *inputs, *settings);
    const SyncRequest request{project.root, open.texts(),         std::nullopt,
                              std::nullopt, open.target(),        std::move(*lock),
                              true,         std::move(*settings), false};
    Expected<SyncOutcome> outcome = open.sync(request, inputs->config, no_files);
    if (!outcome) {
        return propagate(outcome);
    }
    if (outcome->lock.resolved || outcome->done) {
        report_sync(request, *outcome, context);
    }
    return {};
}

} // namespace pymode

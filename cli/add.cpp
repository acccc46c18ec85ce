// SPDX-License-Identifier: MIT
// `pymode add`: writes requirements into pyproject.toml, locks and installs them.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/package_report.hpp"
#include "cli/package_session.hpp"
#include "core/base/text.hpp"
#include "core/packaging/file_url.hpp"
#include "core/pep/name.hpp"

namespace pymode {
namespace {

using edit::DependencyList;

struct AddOptions {
    PackageFlags flags;
    std::vector<std::string> packages;
    std::vector<std::string> files;
    std::vector<std::string> extras;
    std::string marker;
    std::string bounds = "lower";
    bool raw = false;
};

edit::Bounds bounds_of(const std::string& text) {
    return text == "major"   ? edit::Bounds::major
           : text == "minor" ? edit::Bounds::minor
           : text == "exact" ? edit::Bounds::exact
                             : edit::Bounds::lower;
}

Expected<std::vector<edit::NewRequirement>> requirements_of(const AddOptions& options,
                                                            const RequirementsFile& files) {
    std::vector<edit::NewRequirement> added;
    for (const std::string& text : options.packages) {
        Expected<pep::Requirement> requirement =
            parse_requirement_or_path(text, fs::current_path());
        if (!requirement) {
            return propagate(requirement);
        }
        added.push_back({std::move(*requirement), options.raw ? text : ""});
    }
    for (const RequirementLine& line : files.requirements) {
        added.push_back({line.requirement, ""});
    }
    if (added.empty()) {
        return fail(ErrorCode::usage, "nothing to add is named",
                    "name packages (`pymode add jinja2`) or a file (`-r requirements.txt`)");
    }
    std::optional<pep::Marker> marker;
    if (!options.marker.empty()) {
        Expected<pep::Marker> parsed = pep::Marker::parse(options.marker);
        if (!parsed) {
            return propagate(parsed);
        }
        marker = std::move(*parsed);
    }
    for (edit::NewRequirement& each : added) {
        each.requirement.extras.insert(each.requirement.extras.end(), options.extras.begin(),
                                       options.extras.end());
        if (marker) {
            each.requirement.marker = marker;
        }
    }
    return added;
}

void report_written(const std::vector<std::string>& written, const ProjectTexts& before,
                    const DependencyList& list, bool dry_run, CliContext& context) {
    for (const std::string& requirement : written) {
        // What stood there before stands there in its own quotes.
        const bool old = before.pyproject.find('"' + requirement + '"') != std::string::npos ||
                         before.pyproject.find("'" + requirement + "'") != std::string::npos;
        context.console.success(old ? fmt::format("`{}` is in {}", requirement, list.describe())
                                    : fmt::format("{} `{}` to {}", dry_run ? "would add" : "added",
                                                  requirement, list.describe()));
    }
}

// Groups and extras are for tools and choices: what a Worker gets has to be said.
void hint_at_selection(const AddRequest& add, const LockSelection& selection, CliContext& context) {
    using Kind = DependencyList::Kind;
    const std::string name = pep::normalize_name(add.list.name);
    const bool is_extra = add.list.kind == Kind::extra;
    const auto& chosen = is_extra ? selection.extras : selection.groups;
    if (add.list.kind != Kind::project && std::ranges::find(chosen, name) == chosen.end()) {
        context.console.info(fmt::format("  {} is locked, not installed: pymode install --{} {}",
                                         add.list.describe(), is_extra ? "extra" : "group", name));
    }
}

// Wheels of this machine are named by their path in [tool.pymode.sources], so that the project can
// be moved; the requirement itself is the name alone.
void take_paths(AddRequest& request, const fs::path& root) {
    for (edit::NewRequirement& added : request.requirements) {
        if (!added.requirement.url) {
            continue;
        }
        if (const auto path = path_of_file_url(*added.requirement.url)) {
            request.paths[added.requirement.normalized_name()] =
                path->lexically_proximate(root).generic_string();
            added.requirement.url.reset();
            added.raw.clear();
        }
    }
}

// --frozen: only the file is changed.
Expected<> add_without_lock(const AddOptions& options, const AddRequest& request,
                            const AddOutcome& edited, PackageSession& session,
                            CliContext& context) {
    if (!options.flags.dry_run) {
        if (Expected<> done = commit_project_change(session.root(), session.texts(),
                                                    {edited.text, std::nullopt, std::nullopt});
            !done) {
            return done;
        }
    }
    report_written(edited.written, session.texts(), request.list, options.flags.dry_run, context);
    context.console.print_json(
        nlohmann::ordered_json{{"version", "1"}, {"added_requirements", edited.written}}.dump());
    return {};
}

Expected<> run_add(const AddOptions& options, CliContext& context) {
    const SignalCancellation signals(context.cancel);
    auto session = PackageSession::open(context, options.flags);
    if (!session) {
        return propagate(session);
    }
    PackageSession& open = **session;
    Expected<RequirementsFile> files =
        open.read_files(options.files, options.flags.resolve.constraint_files);
    if (!files) {
        return propagate(files);
    }
    auto requirements = requirements_of(options, *files);
    if (!requirements) {
        return propagate(requirements);
    }
    AddRequest add{
        list_of(options.flags.list), std::move(*requirements), {}, bounds_of(options.bounds)};
    take_paths(add, open.root());
    Expected<AddOutcome> edited = add_to_project(open.texts().pyproject, add, nullptr);
    if (!edited) {
        return propagate(edited);
    }
    Expected<ProjectInputs> inputs = open.inputs(edited->text);
    if (!inputs) {
        return propagate(inputs);
    }
    if (options.flags.resolve.frozen) {
        return add_without_lock(options, add, *edited, open, context);
    }
    Expected<LockRequestOptions> lock = open.lock_options(*inputs, *files);
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
                              add,
                              open.target(),
                              std::move(*lock),
                              !options.flags.list.no_install,
                              std::move(*settings),
                              options.flags.dry_run};
    Expected<SyncOutcome> outcome = open.sync(request, inputs->config, *files);
    if (!outcome) {
        return propagate(outcome);
    }
    report_sync(request, *outcome, context);
    report_written(outcome->written, request.before, add.list, request.dry_run, context);
    hint_at_selection(add, request.settings.selection, context);
    context.console.print_json(sync_json(request, *outcome).dump());
    return {};
}

} // namespace

void add_add_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<AddOptions>();
    CLI::App* command = app.add_subcommand("add", "Add packages to the project and install them");
    command->add_option("packages", options->packages,
                        "Requirements (`jinja2`, `httpx[http2]>=0.27`) or wheels (./a-1-….whl)");
    command->add_option("-r,--requirements", options->files, "Add everything of this file")
        ->take_all()
        ->allow_extra_args(false);
    add_list_options(*command, options->flags, "To");
    command->add_option("--extra", options->extras, "With this extra of the packages")
        ->take_all()
        ->allow_extra_args(false);
    command->add_option("-m,--marker", options->marker, "With this marker");
    command
        ->add_option("--bounds", options->bounds,
                     "What is written where no version is named: lower (default), major, minor, "
                     "exact")
        ->check(CLI::IsMember({"lower", "major", "minor", "exact"}));
    command->add_flag("--raw", options->raw, "Write the requirements as they are typed");
    command->add_flag("--no-install,--no-sync", options->flags.list.no_install,
                      "Lock, but install nothing");
    command->add_flag("--dry-run", options->flags.dry_run, "Say what would be done, do nothing");
    add_lock_mode_options(*command, options->flags.resolve);
    add_project_option(*command, options->flags.project);
    add_resolve_options(*command, options->flags.resolve);
    add_source_options(*command, options->flags.source);
    add_archive_options(*command, options->flags.install);
    command->footer("Examples:\n"
                    "  pymode add jinja2\n"
                    "  pymode add 'httpx[http2]>=0.27' --group test\n"
                    "  pymode add -r requirements.txt\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_add(*options, context); };
    });
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// `pymode build`: the folder that deploy would upload.
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/ensure_packages.hpp"
#include "cli/projects.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/bundle/size_report.hpp"
#include "core/bundle/write.hpp"

namespace pymode {
namespace {

struct BuildOptions {
    std::string path = ".";
    std::string out;
    std::optional<std::string> environment;
    EnsureFlags packages;
};

std::string sizes_json(const fs::path& out, const SizeReport& report) {
    nlohmann::ordered_json modules = nlohmann::ordered_json::array();
    for (const PartSize& part : report.parts) {
        modules.push_back({{"name", part.name}, {"bytes", part.raw}, {"gzip_bytes", part.gzip}});
    }
    return nlohmann::ordered_json{{"out", out.string()},
                                  {"modules", std::move(modules)},
                                  {"bytes", report.total.raw},
                                  {"gzip_bytes", report.total.gzip}}
        .dump();
}

Expected<> run_build(const BuildOptions& options, CliContext& context) {
    const Stopwatch watch(context.clock);
    Expected<Project> project = load_with_warnings(
        context, options.path, {"", environment_of(context, options.environment)});
    if (!project) {
        return propagate(project);
    }
    const fs::path out =
        options.out.empty() ? project->root / ".pymode" / "build" : fs::path(options.out);
    if (Expected<> free = check_bundle_folder(out); !free) {
        return free;
    }
    const SignalCancellation signals(context.cancel);
    if (Expected<> installed = ensure_packages(context, *project, options.packages); !installed) {
        return installed;
    }
    Expected<Bundle> bundle = build_project(context, *project, out);
    if (!bundle) {
        return propagate(bundle);
    }
    if (Expected<> written = write_bundle(*bundle, out); !written) {
        return written;
    }
    context.console.success(fmt::format("built {} ({}) in {}", project->worker.name,
                                        describe_bundle(*project, *bundle),
                                        human_duration(watch.elapsed())));
    const SizeReport report = measure(*bundle, context.assets);
    context.console.print(fmt::format("{}\n\n{}", shown_path(out), format_sizes(report)));
    context.console.print_json(sizes_json(out, report));
    return {};
}

} // namespace

void add_build_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<BuildOptions>();
    CLI::App* command = app.add_subcommand("build", "Write what deploy would upload to a folder");
    command->add_option("path", options->path, "The project (default: here)");
    command->add_option("--out", options->out,
                        "The folder (default: .pymode/build in the project)");
    add_environment_option(*command, options->environment);
    add_ensure_options(*command, options->packages);
    command->footer("Examples:\n"
                    "  pymode build\n"
                    "  pymode build my-worker --out /tmp/my-worker\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_build(*options, context); };
    });
}

} // namespace pymode

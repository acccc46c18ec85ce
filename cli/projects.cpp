// SPDX-License-Identifier: MIT
#include "cli/projects.hpp"

#include <memory>

#include <fmt/format.h>

#include "cli/package_session.hpp"
#include "core/native/compile.hpp"
#include "core/packaging/index/cache.hpp"

namespace pymode {

namespace fs = std::filesystem;

Expected<Project> load_with_warnings(CliContext& context, const fs::path& path,
                                     const LoadOptions& options) {
    Expected<Project> project = load_project(path, options);
    if (project) {
        for (const std::string& warning : project->warnings) {
            context.console.warn(warning);
        }
    }
    return project;
}

void add_environment_option(CLI::App& command, std::optional<std::string>& chosen) {
    command.add_option("-e,--environment", chosen,
                       "Which of [tool.pymode.environments]; else CLOUDFLARE_ENV");
}

std::string environment_of(const CliContext& context, const std::optional<std::string>& chosen) {
    return chosen.value_or(context.env.get("CLOUDFLARE_ENV").value_or(""));
}

CompileFunction compiler(const CliContext& context) {
    return
        [&env = context.env, log = context.console.log()](std::span<const SourceModule> modules) {
            return compile_modules(env, modules, log);
        };
}

BytecodeOptions package_bytecode(CliContext& context) {
    BytecodeOptions options;
    // Without a manifest there is no runtime, which the bundle reports.
    options.compiler = compiler_name(runtime_python(context.assets).value_or(""));
    options.cancel = context.cancel;
    options.log = context.console.log();
    if (Expected<fs::path> cache = cache_dir(context.env)) {
        options.cache = std::move(*cache);
    } else {
        options.log.info("cache: bytecode is not kept: {}", cache.error().message);
    }
    options.on_detail = [&console = context.console](const std::string& text) {
        console.detail(text);
    };
    options.on_progress = [&context, line = std::shared_ptr<Progress>()](
                              const CompileProgress& progress) mutable {
        if (!line) {
            line = std::make_shared<Progress>(context.console, context.clock, "compiling packages");
        }
        line->update(fmt::format("{} of {} modules", progress.done, progress.total));
        if (progress.ended) {
            line.reset();
        }
    };
    return options;
}

Expected<Bundle> build_project(CliContext& context, const Project& project,
                               const fs::path& output) {
    return make_bundle(
        {project, context.assets, compiler(context), output, {}, package_bytecode(context)});
}

std::string describe_bundle(const Project& project, const Bundle& bundle) {
    const auto counted = [](std::size_t count, std::string_view noun) {
        return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
    };
    return fmt::format("{}, {}", counted(bundle.python_modules, "Python module"),
                       counted(project.worker.env_size(), "binding"));
}

std::string shown_path(const fs::path& path) {
    std::error_code error;
    const fs::path here = fs::current_path(error);
    const fs::path relative = path.lexically_proximate(here);
    const std::string text = relative.string();
    return error || text.starts_with("..") ? path.string() : text;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "cli/projects.hpp"

#include <fmt/format.h>

#include "core/native/compile.hpp"

namespace pymode {

namespace fs = std::filesystem;

Expected<Project> load_with_warnings(CliContext& context, const fs::path& path,
                                     const std::string& entry) {
    Expected<Project> project = load_project(path, entry);
    if (project) {
        for (const std::string& warning : project->warnings) {
            context.console.warn(warning);
        }
    }
    return project;
}

CompileFunction compiler(const CliContext& context) {
    return
        [&env = context.env, log = context.console.log()](std::span<const SourceModule> modules) {
            return compile_modules(env, modules, log);
        };
}

Expected<Bundle> build_project(CliContext& context, const Project& project,
                               const fs::path& output) {
    return make_bundle({project, context.assets, compiler(context), output});
}

std::string describe_bundle(const Project& project, const Bundle& bundle) {
    const auto counted = [](std::size_t count, std::string_view noun) {
        return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
    };
    return fmt::format("{}, {}", counted(bundle.python_modules, "Python module"),
                       counted(project.vars.size() + project.kv_namespaces.size(), "binding"));
}

std::string shown_path(const fs::path& path) {
    std::error_code error;
    const fs::path here = fs::current_path(error);
    const fs::path relative = path.lexically_proximate(here);
    const std::string text = relative.string();
    return error || text.starts_with("..") ? path.string() : text;
}

} // namespace pymode

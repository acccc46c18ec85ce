// SPDX-License-Identifier: MIT
// `pymode init`: a new project, which is a copy of one of the examples with another name. The
// template `hello` is examples/hello-worker, and so on (cmake/Runtime.cmake lists them).
#include <memory>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/projects.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr std::string_view kTemplates = "templates/";

struct InitOptions {
    std::string path;
    std::string template_name = "hello";
};

std::vector<std::string> template_names(std::span<const Asset> assets) {
    std::set<std::string> names;
    for (const Asset& asset : assets) {
        if (asset.name.starts_with(kTemplates)) {
            const std::string_view rest = asset.name.substr(kTemplates.size());
            names.emplace(rest.substr(0, rest.find('/')));
        }
    }
    return {names.begin(), names.end()};
}

Expected<> check_name(const std::string& name) {
    if (is_script_name(name)) {
        return {};
    }
    const std::string better = suggest_script_name(name);
    return fail(ErrorCode::usage,
                fmt::format("`{}` cannot be the name of a Worker", printable(name)),
                better.empty() ? "use 1 to 63 of a-z, 0-9 and -"
                               : fmt::format("try `pymode init {}`", better));
}

Expected<> check_target(const fs::path& target) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(target, error))) {
        return {};
    }
    if (fs::is_directory(target, error) && fs::is_empty(target, error)) {
        return {};
    }
    return fail(ErrorCode::usage, fmt::format("{} exists and is not empty", shown_path(target)),
                "choose another name; nothing was changed");
}

// Writes the template's files below `folder`; false when there is no such template.
Expected<bool> write_template(std::span<const Asset> assets, const InitOptions& options,
                              const std::string& name, const fs::path& folder) {
    const std::string prefix = fmt::format("{}{}/", kTemplates, options.template_name);
    const std::string example = fmt::format("{}-worker", options.template_name); // its name
    bool found = false;
    for (const Asset& asset : assets) {
        if (!asset.name.starts_with(prefix)) {
            continue;
        }
        found = true;
        const fs::path file = folder / asset.name.substr(prefix.size());
        if (Expected<> made = make_directories(file.parent_path()); !made) {
            return propagate(made);
        }
        const std::string text = replace_all(as_text(asset.bytes), example, name);
        if (Expected<> written = write_file_atomic(file, text); !written) {
            return propagate(written);
        }
    }
    return found;
}

Expected<> create_project(const InitOptions& options, const std::string& name,
                          const fs::path& target, CliContext& context) {
    if (Expected<> made = make_directories(target.parent_path()); !made) {
        return made;
    }
    // Beside the target and then in its place, so that there is never half a project.
    Expected<TempDir> staged = TempDir::create(target.parent_path(), ".pymode-init-");
    if (!staged) {
        return propagate(staged);
    }
    Expected<bool> found = write_template(context.assets, options, name, staged->path());
    if (!found) {
        return propagate(found);
    }
    if (!*found) {
        return fail(ErrorCode::usage,
                    fmt::format("there is no template `{}`", printable(options.template_name)),
                    fmt::format("choose one of: {}", join(template_names(context.assets), ", ")));
    }
    std::error_code error;
    fs::permissions(staged->path(), fs::perms(0755), error); // a temporary folder is private
    if (Expected<> replaced = replace_directory(staged->path(), target); !replaced) {
        return replaced;
    }
    staged->release();
    return {};
}

Expected<> run_init(const InitOptions& options, CliContext& context) {
    std::error_code error;
    fs::path target = fs::absolute(options.path, error).lexically_normal();
    if (!target.has_filename()) { // "name/" or "."
        target = target.parent_path();
    }
    const std::string name = target.filename().string();
    if (Expected<> good = check_name(name); !good) {
        return good;
    }
    if (Expected<> free = check_target(target); !free) {
        return free;
    }
    if (Expected<> created = create_project(options, name, target, context); !created) {
        return created;
    }
    const std::string shown = shown_path(target);
    context.console.success(
        fmt::format("made {} from the template {}", shown, options.template_name));
    context.console.info(
        fmt::format("\nnext:\n  cd {}\n  pymode dev\n  pymode deploy", shell_quote(shown)));
    context.console.print_json(nlohmann::ordered_json{
        {"path", target.string()}, {"name", name}, {"template", options.template_name}}
                                   .dump());
    return {};
}

} // namespace

void add_init_command(CLI::App& app, CliAction& chosen) {
    const auto options = std::make_shared<InitOptions>();
    CLI::App* command = app.add_subcommand("init", "Make a new project");
    command->add_option("name", options->path, "Its folder, whose last part names the Worker")
        ->required();
    command->add_option("--template", options->template_name,
                        "hello: one file; api: several files and a KV namespace");
    command->footer("Examples:\n"
                    "  pymode init my-worker\n"
                    "  pymode init shop-api --template api\n");
    command->callback([options, &chosen] {
        chosen = [options](CliContext& context) { return run_init(*options, context); };
    });
}

} // namespace pymode

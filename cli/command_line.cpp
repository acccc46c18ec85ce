// SPDX-License-Identifier: MIT
#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

struct GlobalOptions {
    bool quiet = false;
    int verbose = 0; // how often it was given
    bool json = false;
    bool no_color = false;
    bool no_progress = false;
    std::string color = "auto";
};

constexpr std::string_view kExamples = "Examples:\n"
                                       "  pymode init my-worker     make a new project\n"
                                       "  pymode add jinja2         add a package to it\n"
                                       "  pymode dev my-worker      run it here, reload on save\n"
                                       "  pymode deploy my-worker   upload it to Cloudflare\n";

std::string version_text() {
    std::string python = "none";
    for (const Asset& asset : runtime_assets()) {
        if (asset.name == "manifest.json") {
            const auto manifest = nlohmann::json::parse(as_text(asset.bytes), nullptr, false);
            if (manifest.is_object()) {
                python = manifest.value("python", "unknown");
            }
        }
    }
    return fmt::format("pymode {} (Python {})", PYMODE_VERSION, python);
}

void add_global_options(CLI::App& app, GlobalOptions& options) {
    app.add_flag("-q,--quiet", options.quiet, "Say nothing but results, warnings and errors");
    app.add_flag("-v,--verbose", options.verbose, "Say more; -vv also how it works inside");
    app.add_flag("--json", options.json, "Results and errors as JSON on standard output");
    app.add_option("--color", options.color, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    app.add_flag("--no-color", options.no_color, "The same as --color=never");
    app.add_flag("--no-progress", options.no_progress, "Draw no progress on the terminal");
    app.set_version_flag("--version", version_text(), "Show the version and exit");
}

ConsoleOptions console_options(const GlobalOptions& options) {
    ConsoleOptions result;
    if (options.no_color || options.color == "never") {
        result.colour = ColourChoice::never;
    } else if (options.color == "always") {
        result.colour = ColourChoice::always;
    }
    if (options.quiet) {
        result.verbosity = Verbosity::quiet;
    } else if (options.verbose > 0) {
        result.verbosity = options.verbose > 1 ? Verbosity::debug : Verbosity::verbose;
    }
    result.progress = !options.no_progress;
    result.format = options.json ? OutputFormat::json : OutputFormat::text;
    return result;
}

// The parser's sentences begin with a capital letter or with the name of an option.
std::string lower_first(std::string text) {
    const bool word = text.size() > 1 && ((text[1] >= 'a' && text[1] <= 'z') || text[1] == ' ');
    if (word && text[0] >= 'A' && text[0] <= 'Z') {
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    }
    return text;
}

// The parser's sentence in our form, with the command that was probably meant.
Error usage_error(const CLI::App& app, const CLI::ParseError& problem, std::span<char*> arguments) {
    std::vector<std::string> names;
    const CLI::App* command = nullptr;
    for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(each->get_name());
        command = each->parsed() ? each : command;
    }
    std::string message = lower_first(problem.what());
    message =
        replace_all(message, "the following argument was not expected:", "unexpected argument:");
    message =
        replace_all(message, "the following arguments were not expected:", "unexpected arguments:");
    const std::string first = arguments.size() > 1 ? arguments[1] : "";
    const bool unknown_command = !command && !first.empty() && !first.starts_with('-');
    if (unknown_command) {
        message = fmt::format("there is no command `{}`", printable(first));
    }
    std::string hint =
        fmt::format("see `pymode {}--help`", command ? command->get_name() + " " : "");
    if (const auto meant = closest_match(first, names); unknown_command && meant) {
        hint = fmt::format("did you mean `pymode {}`?", *meant);
    }
    return {ErrorCode::usage, std::move(message), {}, std::move(hint), {}};
}

// What --version or the --help of the innermost command shows.
std::string help_or_version(const CLI::App& app, const CLI::Success& wanted) {
    if (wanted.get_name() == "CallForVersion") {
        return wanted.what();
    }
    const CLI::App* innermost = &app;
    std::string above; // the names before the innermost one
    while (!innermost->get_subcommands().empty()) {
        above += (above.empty() ? "" : " ") + innermost->get_name();
        innermost = innermost->get_subcommands().back();
    }
    return innermost == &app ? app.help() : innermost->help(above);
}

int as_exit_code(Console& console, const Expected<>& done) {
    if (done) {
        return 0;
    }
    console.print_error(done.error());
    return exit_code(done.error().code);
}

} // namespace

int run_command_line(std::span<char*> arguments, const Env& env, ConsoleSink& sink) {
    CLI::App app("Python Workers for Cloudflare: upstream CPython in one executable", "pymode");
    GlobalOptions global;
    CliAction chosen;
    add_global_options(app, global);
    add_init_command(app, chosen);
    add_dev_command(app, chosen);
    add_deploy_command(app, chosen);
    add_build_command(app, chosen);
    add_add_command(app, chosen);
    add_remove_command(app, chosen);
    add_install_command(app, chosen);
    add_lock_command(app, chosen);
    add_show_commands(app, chosen);
    add_cache_command(app, chosen);
    add_tail_command(app, chosen);
    add_login_commands(app, chosen);
    add_whoami_command(app, chosen);
    add_doctor_command(app, chosen);
    add_recipe_command(app, chosen);
    add_secret_command(app, chosen);
    add_versions_commands(app, chosen);
    add_triggers_command(app, chosen);
    add_rollback_command(app, chosen);
    add_delete_command(app, chosen);
    add_kv_command(app, chosen);
    add_d1_command(app, chosen);
    add_r2_command(app, chosen);
    add_python_command(app);
    app.footer(std::string(kExamples));
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.require_subcommand(0, 1);
    app.fallthrough();
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        command->group("Commands");
        command->fallthrough(); // -v and its like may stand behind the command too
    }
    try {
        app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::Success& wanted) { // --help, --version
        Console console(sink, env, console_options(global));
        console.print(trim(help_or_version(app, wanted)));
        return 0;
    } catch (const CLI::ParseError& problem) {
        Console console(sink, env, console_options(global));
        return as_exit_code(console, std::unexpected(usage_error(app, problem, arguments)));
    }
    Console console(sink, env, console_options(global));
    if (!chosen) {
        console.print(trim(app.help()));
        return 0;
    }
    SystemClock clock;
    const CancelToken cancel;
    CliContext context{console, clock, env, cancel, runtime_assets()};
    return as_exit_code(console, chosen(context));
}

} // namespace pymode

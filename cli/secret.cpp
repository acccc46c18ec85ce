// SPDX-License-Identifier: MIT
// `pymode secret` and `pymode versions secret`: values that only the deployed Worker sees.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/confirm.hpp"
#include "cli/context.hpp"
#include "cli/subcommand.hpp"
#include "cli/table.hpp"
#include "core/base/file.hpp"
#include "core/base/standard_input.hpp"
#include "core/cloudflare/secrets.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxValueBytes = 1 << 20;
constexpr std::uint64_t kMaxFileBytes = 16 << 20;

struct SecretOptions {
    WorkerOptions worker;
    std::string name;
    std::string value; // which has no place there
    std::string file{kStandardInput};
    bool yes = false;
    bool only_version = false; // `versions secret`: the change waits in a version
};

Expected<std::string> read_value(const SecretOptions& options, CliContext& context) {
    if (input_is_terminal()) {
        const std::string question = fmt::format("Value of {} (it is not shown): ", options.name);
        return read_hidden_line([&] { context.console.ask(question); }, context.cancel);
    }
    Expected<std::string> value = read_input(kMaxValueBytes, context.cancel);
    if (value && value->ends_with('\n')) {
        value->resize(value->size() - (value->ends_with("\r\n") ? 2 : 1));
    }
    return value;
}

Expected<> check_value(const std::string& value) {
    if (value.empty()) {
        return fail(ErrorCode::usage, "the value is empty",
                    "pass it on standard input: pymode secret put NAME < FILE");
    }
    return is_valid_utf8(value) ? Expected<>()
                                : fail(ErrorCode::usage, "the value is not UTF-8",
                                       "encode it, for example with base64");
}

Json names_of(const SecretChanges& changes, bool set) {
    Json names = Json::array();
    for (const auto& [name, value] : changes) {
        if (value.has_value() == set) {
            names.push_back(name);
        }
    }
    return names;
}

// "2 set, 1 deleted"
std::string counts_of(const SecretChanges& changes) {
    return fmt::format("{} set, {} deleted", names_of(changes, true).size(),
                       names_of(changes, false).size());
}

Expected<> change_version(const SecretChanges& changes, WorkerAccess& access, CliContext& context) {
    const std::string message =
        changes.size() == 1
            ? fmt::format("{} the secret {}", changes.begin()->second ? "set" : "deleted",
                          changes.begin()->first)
            : fmt::format("secrets: {}", counts_of(changes));
    const Expected<std::string> version =
        change_secrets_of_latest(access.session->api(), access.worker, changes, message);
    if (!version) {
        return propagate(version);
    }
    context.console.success(
        fmt::format("version {} of {}: {}", *version, access.worker.name, message));
    context.console.info(
        fmt::format("it does not answer yet: pymode versions deploy {}", *version));
    context.console.print_json(Json{
        {"worker", access.worker.name},
        {"version_id", *version},
        {"set", names_of(changes, true)},
        {"deleted",
         names_of(changes, false)}}.dump());
    return {};
}

Expected<> run_put(const SecretOptions& options, CliContext& context) {
    if (!is_identifier(options.name)) {
        return fail(
            ErrorCode::usage, fmt::format("`{}` is no name of a secret", printable(options.name)),
            "use letters, digits and _ only; the value does not belong on the command line");
    }
    if (!options.value.empty()) {
        return fail(ErrorCode::usage, "a secret's value does not belong on the command line",
                    "other processes and the shell's history see it there; use standard input: "
                    "pymode secret put NAME < FILE");
    }
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const Expected<std::string> value = read_value(options, context);
    if (!value) {
        return propagate(value);
    }
    context.console.log().hide(*value);
    if (Expected<> right = check_value(*value); !right) {
        return right;
    }
    if (options.only_version) {
        return change_version({{options.name, *value}}, *access, context);
    }
    if (Expected<> put = put_secret(access->session->api(), access->worker, options.name, *value);
        !put) {
        return put;
    }
    context.console.success(fmt::format("{} has the secret {}", access->worker.name, options.name));
    context.console.print_json(
        Json{{"worker", access->worker.name}, {"secret", options.name}}.dump());
    return {};
}

Expected<> run_list(const SecretOptions& options, CliContext& context) {
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const Expected<std::vector<Secret>> secrets =
        list_secrets(access->session->api(), access->worker);
    if (!secrets) {
        return propagate(secrets);
    }
    Json document = Json::array();
    std::vector<TableRow> rows;
    for (const Secret& secret : *secrets) {
        document.push_back({{"name", secret.name}, {"type", secret.type}});
        rows.push_back({secret.name, secret.type});
    }
    print_table(context.console, {"NAME", "TYPE"}, rows);
    if (rows.empty()) {
        context.console.info(fmt::format("{} has no secrets", access->worker.name));
    }
    context.console.print_json(document.dump());
    return {};
}

Expected<> run_delete(const SecretOptions& options, CliContext& context) {
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    if (options.only_version) {
        return change_version({{options.name, std::nullopt}}, *access, context);
    }
    const std::string shown = printable(options.name);
    if (Expected<> confirmed =
            confirm(context, fmt::format("Delete the secret {} of {}?", shown, access->worker.name),
                    options.yes);
        !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted = delete_secret(access->session->api(), access->worker, options.name);
        !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("deleted {} of {}", shown, access->worker.name));
    context.console.print_json(
        Json{{"worker", access->worker.name}, {"deleted", options.name}}.dump());
    return {};
}

Expected<SecretChanges> read_changes(const SecretOptions& options, CliContext& context) {
    const Expected<std::string> text =
        read_file_or_input(options.file, kMaxFileBytes, context.cancel);
    if (!text) {
        return propagate(text);
    }
    const bool from_input = options.file == kStandardInput;
    return parse_secret_changes(from_input ? "standard input" : options.file, *text);
}

Expected<> run_bulk(const SecretOptions& options, CliContext& context) {
    Expected<WorkerAccess> access = open_worker(context, options.worker);
    if (!access) {
        return propagate(access);
    }
    const Expected<SecretChanges> changes = read_changes(options, context);
    if (!changes) {
        return propagate(changes);
    }
    for (const auto& [name, value] : *changes) {
        if (value) {
            context.console.log().hide(*value);
        }
    }
    if (options.only_version) {
        return change_version(*changes, *access, context);
    }
    const Json deleted = names_of(*changes, false);
    if (!deleted.empty()) {
        const std::string question =
            fmt::format("Delete {} secret{} of {}?", deleted.size(), deleted.size() == 1 ? "" : "s",
                        access->worker.name);
        if (Expected<> confirmed = confirm(context, question, options.yes); !confirmed) {
            return confirmed;
        }
    }
    if (Expected<> changed = change_secrets(access->session->api(), access->worker, *changes);
        !changed) {
        return changed;
    }
    context.console.success(fmt::format("{}: {}", access->worker.name, counts_of(*changes)));
    context.console.print_json(Json{
        {"worker", access->worker.name},
        {"set", names_of(*changes, true)},
        {"deleted", deleted}}.dump());
    return {};
}

void bind_worker(CLI::App& command, SecretOptions& options) {
    add_worker_options(command, options.worker);
}

void bind_name(CLI::App& command, SecretOptions& options) {
    command.add_option("name", options.name, "The secret's name in `env`")
        ->required()
        ->check(utf8_text());
    add_worker_options(command, options.worker);
}

// A value behind the name is taken, so that the message about it does not repeat it.
void bind_put(CLI::App& command, SecretOptions& options) {
    bind_name(command, options);
    command.add_option("value", options.value)->group("");
}

void bind_file(CLI::App& command, SecretOptions& options) {
    command.add_option("file", options.file,
                       "Lines NAME=value, or a JSON object in which null deletes; - is standard "
                       "input (the default)");
    add_worker_options(command, options.worker);
}

} // namespace

void add_secret_command(CLI::App& app, CliAction& chosen) {
    CLI::App* group = add_command_group(app, "secret", "Secrets of the deployed Worker");
    add_leaf_command<SecretOptions>(*group, "put", "Set one: its value comes from standard input",
                                    chosen, bind_put, run_put)
        ->footer("The value is asked for at a terminal, else read from standard input (the end of\n"
                 "its last line is cut). A new version with it is deployed at once.\n\n"
                 "Examples:\n"
                 "  pymode secret put API_KEY\n"
                 "  pymode secret put API_KEY < key.txt\n");
    add_leaf_command<SecretOptions>(*group, "list", "Show their names", chosen, bind_worker,
                                    run_list);
    add_leaf_command<SecretOptions>(
        *group, "delete", "Delete one", chosen,
        [](CLI::App& command, SecretOptions& options) {
            bind_name(command, options);
            add_yes_option(command, options.yes);
        },
        run_delete);
    add_leaf_command<SecretOptions>(
        *group, "bulk", "Set and delete several at once", chosen,
        [](CLI::App& command, SecretOptions& options) {
            bind_file(command, options);
            add_yes_option(command, options.yes);
        },
        run_bulk)
        ->footer("Examples:\n"
                 "  pymode secret bulk secrets.env\n"
                 "  echo '{\"API_KEY\": \"...\", \"OLD\": null}' | pymode secret bulk --yes\n");
}

void add_versions_secret(CLI::App& versions, CliAction& chosen) {
    CLI::App* group =
        add_command_group(versions, "secret", "Versions with other secrets, not deployed");
    const auto of_version = [](auto bind) {
        return [bind](CLI::App& command, SecretOptions& options) {
            options.only_version = true;
            bind(command, options);
        };
    };
    add_leaf_command<SecretOptions>(*group, "put", "The latest version with one more secret",
                                    chosen, of_version(bind_put), run_put)
        ->footer("The value is asked for at a terminal, else read from standard input.\n\n"
                 "Examples:\n"
                 "  pymode versions secret put API_KEY < key.txt\n"
                 "  pymode versions deploy ID\n");
    add_leaf_command<SecretOptions>(*group, "delete", "The latest version without a secret", chosen,
                                    of_version(bind_name), run_delete);
    add_leaf_command<SecretOptions>(*group, "bulk", "Several changes in one version", chosen,
                                    of_version(bind_file), run_bulk);
}

} // namespace pymode

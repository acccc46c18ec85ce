// SPDX-License-Identifier: MIT
// `pymode secret`: values that only the deployed Worker sees.
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
};

Expected<std::string> read_value(const SecretOptions& options, CliContext& context) {
    if (input_is_terminal()) {
        context.console.ask(fmt::format("Value of {} (it is not shown): ", options.name));
        return read_terminal_line(Echo::no, context.cancel);
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
    Json set = Json::array();
    Json deleted = Json::array();
    for (const auto& [name, value] : *changes) {
        if (value) {
            context.console.log().hide(*value);
        }
        (value ? set : deleted).push_back(name);
    }
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
    context.console.success(
        fmt::format("{}: {} set, {} deleted", access->worker.name, set.size(), deleted.size()));
    context.console.print_json(
        Json{{"worker", access->worker.name}, {"set", set}, {"deleted", deleted}}.dump());
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
            command.add_option("file", options.file,
                               "Lines NAME=value, or a JSON object in which null deletes; - is "
                               "standard input (the default)");
            add_worker_options(command, options.worker);
            add_yes_option(command, options.yes);
        },
        run_bulk)
        ->footer("Examples:\n"
                 "  pymode secret bulk secrets.env\n"
                 "  echo '{\"API_KEY\": \"...\", \"OLD\": null}' | pymode secret bulk --yes\n");
}

} // namespace pymode

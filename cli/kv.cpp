// SPDX-License-Identifier: MIT
// `pymode kv`: KV namespaces and their values.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/confirm.hpp"
#include "cli/context.hpp"
#include "cli/local_storage.hpp"
#include "cli/subcommand.hpp"
#include "cli/table.hpp"
#include "core/base/file.hpp"
#include "core/base/standard_input.hpp"
#include "core/cloudflare/kv.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxBulkFileBytes = 100 << 20;
constexpr std::size_t kMaxKeys = 1'000'000;

struct KvOptions {
    ResourceOptions resource;
    std::string binding;
    std::string namespace_id;
    std::string title;
    std::string key;
    std::optional<std::string> value;
    std::string path;
    std::string prefix;
    std::size_t limit = kMaxKeys;
    std::string metadata;
    KvPutOptions put;
    bool yes = false;
};

// The id of --namespace-id, or of what the project binds.
Expected<std::string> find_namespace(const KvOptions& options,
                                     const std::optional<Project>& project) {
    if (!options.namespace_id.empty()) {
        return is_hex_id(options.namespace_id)
                   ? Expected<std::string>(options.namespace_id)
                   : fail(ErrorCode::usage,
                          fmt::format("`{}` is no id of a namespace",
                                      printable(options.namespace_id)),
                          "an id has 32 digits from 0 to f; `pymode kv namespace list` shows them");
    }
    if (options.binding.empty()) {
        return fail(ErrorCode::usage, "it is not said which namespace is meant",
                    "--binding NAME is one of the project's, --namespace-id ID any of the account");
    }
    const std::string shown = printable(options.binding);
    if (!project) {
        return fail(ErrorCode::usage, fmt::format("--binding {}: there is no project here", shown),
                    "name its folder with --project, or the namespace with --namespace-id");
    }
    const Binding* binding = project->worker.find_binding(options.binding);
    if (binding == nullptr || binding->kind->type != "kv_namespace") {
        return fail(ErrorCode::usage,
                    fmt::format("the project has no KV namespace with the binding {}", shown));
    }
    std::string id = options.resource.local ? local_name(*binding) : binding->text("id");
    if (id.empty()) {
        return std::unexpected(Error{ErrorCode::config,
                                     fmt::format("the KV namespace {} has no id", shown),
                                     {},
                                     "`pymode kv namespace list` shows the ids",
                                     binding->where});
    }
    return id;
}

struct KvAccess {
    AccountAccess account;
    KvPlace place;

    [[nodiscard]] CloudflareApi& api() const { return account.session->api(); }
};

Expected<KvAccess> open_namespace(const KvOptions& options, CliContext& context) {
    if (options.resource.local) {
        Expected<Project> project = find_local_project(context, options.resource);
        if (!project) {
            return propagate(project);
        }
        const Expected<std::string> id = find_namespace(options, *project);
        if (!id) {
            return propagate(id);
        }
        Expected<AccountAccess> access =
            open_local(context, std::move(*project), {"kv_namespace", *id});
        return access ? Expected<KvAccess>(KvAccess{std::move(*access), {"local", *id}})
                      : propagate(access);
    }
    Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const Expected<std::string> id = find_namespace(options, access->project);
    if (!id) {
        return propagate(id);
    }
    KvPlace place{access->account, *id};
    return KvAccess{std::move(*access), std::move(place)};
}

Expected<> run_namespace_list(const KvOptions& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const auto namespaces = list_kv_namespaces(access->session->api(), access->account);
    if (!namespaces) {
        return propagate(namespaces);
    }
    Json document = Json::array();
    std::vector<TableRow> rows;
    for (const KvNamespace& one : *namespaces) {
        document.push_back({{"id", one.id}, {"title", one.title}});
        rows.push_back({one.id, one.title});
    }
    print_table(context.console, {"ID", "TITLE"}, rows);
    context.console.print_json(document.dump());
    return {};
}

Expected<> run_namespace_create(const KvOptions& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const auto made = create_kv_namespace(access->session->api(), access->account, options.title);
    if (!made) {
        return propagate(made);
    }
    context.console.success(fmt::format("created the KV namespace {}", made->title));
    context.console.print(made->id);
    context.console.info("in pyproject.toml: [[tool.pymode.kv-namespaces]] with `binding` and "
                         "this `id`");
    context.console.print_json(Json{{"id", made->id}, {"title", made->title}}.dump());
    return {};
}

Expected<> run_namespace_delete(const KvOptions& options, CliContext& context) {
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    const std::string& id = access->place.id;
    if (Expected<> confirmed =
            confirm(context, fmt::format("Delete the KV namespace {} and all its values?", id),
                    options.yes);
        !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted = delete_kv_namespace(access->api(), access->place); !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("deleted the KV namespace {}", id));
    context.console.print_json(Json{{"deleted", id}}.dump());
    return {};
}

Expected<> run_list(const KvOptions& options, CliContext& context) {
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    const auto keys = list_kv_keys(access->api(), access->place, options.prefix, options.limit);
    if (!keys) {
        return propagate(keys);
    }
    Json document = Json::array();
    for (const KvKey& key : *keys) {
        context.console.print(printable(key.name));
        document.push_back({{"name", key.name}});
        if (key.expiration) {
            document.back()["expiration"] = *key.expiration;
        }
        if (!key.metadata.is_null()) {
            document.back()["metadata"] = key.metadata;
        }
    }
    context.console.print_json(document.dump());
    return {};
}

Expected<> run_get(const KvOptions& options, CliContext& context) {
    const Expected<> right = check_kv_key(options.key);
    if (!right) {
        return right;
    }
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    const Expected<Bytes> value = get_kv_value(access->api(), access->place, options.key);
    if (!value) {
        return propagate(value);
    }
    const std::string_view text = as_text(*value);
    context.console.print_bytes(text);
    Json document{{"key", options.key}, {"bytes", text.size()}};
    // JSON has no bytes: a value that is no text is left to the call without --json.
    document["value"] = is_valid_utf8(text) ? Json(text) : Json();
    context.console.print_json(document.dump());
    return {};
}

Expected<KvPutOptions> put_options(const KvOptions& options) {
    KvPutOptions put = options.put;
    if (put.expiration_ttl && *put.expiration_ttl < kMinKvTtlSeconds) {
        return fail(ErrorCode::usage,
                    fmt::format("--ttl is at least {} seconds", kMinKvTtlSeconds));
    }
    if (!options.metadata.empty()) {
        put.metadata = nlohmann::json::parse(options.metadata, nullptr, false);
        if (put.metadata->is_discarded()) {
            return fail(ErrorCode::usage, "--metadata is no JSON", R"(for example '{"by": "me"}')");
        }
    }
    return put;
}

Expected<> run_put(const KvOptions& options, CliContext& context) {
    const Expected<> right = check_kv_key(options.key);
    if (!right) {
        return right;
    }
    if (options.value.has_value() == !options.path.empty()) {
        return fail(ErrorCode::usage, "give the value, or the file that has it: one of both",
                    "pymode kv key put KEY VALUE, or pymode kv key put KEY --path FILE");
    }
    const Expected<KvPutOptions> put = put_options(options);
    if (!put) {
        return propagate(put);
    }
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    const Expected<std::string> value =
        options.value ? Expected<std::string>(*options.value)
                      : read_file_or_input(options.path, kMaxKvValueBytes, context.cancel);
    if (!value) {
        return propagate(value);
    }
    if (Expected<> done =
            put_kv_value(access->api(), access->place, options.key, to_bytes(*value), *put);
        !done) {
        return done;
    }
    context.console.success(
        fmt::format("wrote {} ({})", printable(options.key), human_size(value->size())));
    context.console.print_json(Json{{"key", options.key}, {"bytes", value->size()}}.dump());
    return {};
}

Expected<> run_delete(const KvOptions& options, CliContext& context) {
    const Expected<> right = check_kv_key(options.key);
    if (!right) {
        return right;
    }
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    const std::string shown = printable(options.key);
    if (Expected<> confirmed =
            confirm(context, fmt::format("Delete the value of {}?", shown), options.yes);
        !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted = delete_kv_value(access->api(), access->place, options.key); !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("{} has no value now", shown));
    context.console.print_json(Json{{"deleted", options.key}}.dump());
    return {};
}

Expected<> run_bulk_put(const KvOptions& options, CliContext& context) {
    const Expected<std::string> text =
        read_file_or_input(options.path, kMaxBulkFileBytes, context.cancel);
    if (!text) {
        return propagate(text);
    }
    const auto pairs = parse_kv_pairs(options.path, *text);
    if (!pairs) {
        return propagate(pairs);
    }
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    Progress progress(context.console, context.clock, "writing");
    const auto show = [&](std::size_t done) {
        progress.update(fmt::format("{} of {} values", done, pairs->size()));
    };
    if (Expected<> done = put_kv_bulk(access->api(), access->place, *pairs, show); !done) {
        return done;
    }
    context.console.success(fmt::format("wrote {} values", pairs->size()));
    context.console.print_json(Json{{"written", pairs->size()}}.dump());
    return {};
}

Expected<> run_bulk_delete(const KvOptions& options, CliContext& context) {
    const Expected<std::string> text =
        read_file_or_input(options.path, kMaxBulkFileBytes, context.cancel);
    if (!text) {
        return propagate(text);
    }
    const auto keys = parse_kv_keys(options.path, *text);
    if (!keys) {
        return propagate(keys);
    }
    const Expected<KvAccess> access = open_namespace(options, context);
    if (!access) {
        return propagate(access);
    }
    if (Expected<> confirmed =
            confirm(context, fmt::format("Delete {} values?", keys->size()), options.yes);
        !confirmed) {
        return confirmed;
    }
    Progress progress(context.console, context.clock, "deleting");
    const auto show = [&](std::size_t done) {
        progress.update(fmt::format("{} of {} values", done, keys->size()));
    };
    if (Expected<> done = delete_kv_bulk(access->api(), access->place, *keys, show); !done) {
        return done;
    }
    context.console.success(fmt::format("deleted {} values", keys->size()));
    context.console.print_json(Json{{"deleted", keys->size()}}.dump());
    return {};
}

void bind_account(CLI::App& command, KvOptions& options) {
    add_resource_options(command, options.resource);
}

void bind_namespace(CLI::App& command, KvOptions& options) {
    CLI::Option* binding = command.add_option(
        "--binding", options.binding, "The namespace: the name of a binding of the project");
    command.add_option("--namespace-id", options.namespace_id, "The namespace: its id")
        ->excludes(binding);
    add_resource_options(command, options.resource);
}

void bind_values(CLI::App& command, KvOptions& options) {
    bind_namespace(command, options);
    add_local_option(command, options.resource);
}

void bind_key(CLI::App& command, KvOptions& options) {
    command.add_option("key", options.key, "The key")->required();
    bind_values(command, options);
}

void bind_put(CLI::App& command, KvOptions& options) {
    command.add_option("key", options.key, "The key")->required();
    command.add_option("value", options.value, "The value");
    command.add_option("--path", options.path, "A file with the value; - is standard input");
    command.add_option("--ttl", options.put.expiration_ttl,
                       "Seconds until it goes away, 60 or more");
    command.add_option("--expiration", options.put.expiration,
                       "When it goes away: seconds since 1970");
    command.add_option("--metadata", options.metadata, "JSON that is kept beside the value");
    bind_values(command, options);
}

void bind_bulk_put(CLI::App& command, KvOptions& options) {
    command.add_option("file", options.path, "The file; - is standard input")->required();
    bind_values(command, options);
}

template <class Bind> auto with_yes(Bind bind) {
    return [bind](CLI::App& command, KvOptions& options) {
        bind(command, options);
        add_yes_option(command, options.yes);
    };
}

void add_namespace_commands(CLI::App& kv, CliAction& chosen) {
    CLI::App* group = add_command_group(kv, "namespace", "The account's namespaces");
    add_leaf_command<KvOptions>(*group, "list", "Show them", chosen, bind_account,
                                run_namespace_list);
    add_leaf_command<KvOptions>(
        *group, "create", "Make one", chosen,
        [](CLI::App& command, KvOptions& options) {
            command.add_option("title", options.title, "Its name in the account")
                ->required()
                ->check(utf8_text());
            bind_account(command, options);
        },
        run_namespace_create);
    add_leaf_command<KvOptions>(*group, "delete", "Delete one with all its values", chosen,
                                with_yes(bind_namespace), run_namespace_delete);
}

void add_key_commands(CLI::App& kv, CliAction& chosen) {
    CLI::App* group = add_command_group(kv, "key", "Single values");
    add_leaf_command<KvOptions>(
        *group, "list", "Show the keys", chosen,
        [](CLI::App& command, KvOptions& options) {
            command.add_option("--prefix", options.prefix, "Only keys that begin so")
                ->check(utf8_text());
            command.add_option("--limit", options.limit, "No more than so many")
                ->check(CLI::Range(std::size_t{1}, kMaxKeys));
            bind_values(command, options);
        },
        run_list);
    add_leaf_command<KvOptions>(*group, "get", "Write a value to standard output, as it is", chosen,
                                bind_key, run_get);
    add_leaf_command<KvOptions>(*group, "put", "Store a value", chosen, bind_put, run_put)
        ->footer("Examples:\n"
                 "  pymode kv key put greeting hello --binding ITEMS\n"
                 "  pymode kv key put logo --path logo.png --binding ITEMS --ttl 3600\n");
    add_leaf_command<KvOptions>(*group, "delete", "Delete a value", chosen, with_yes(bind_key),
                                run_delete);
}

void add_bulk_commands(CLI::App& kv, CliAction& chosen) {
    CLI::App* group = add_command_group(kv, "bulk", "Many values at once");
    add_leaf_command<KvOptions>(*group, "put", "Store the values of a JSON file", chosen,
                                bind_bulk_put, run_bulk_put)
        ->footer("The file is an array of objects with \"key\" and \"value\", and if wanted\n"
                 "\"expiration\", \"expiration_ttl\", \"metadata\" and \"base64\" (true: the value "
                 "is\nbase64 of bytes).\n");
    add_leaf_command<KvOptions>(*group, "delete", "Delete the keys of a JSON file", chosen,
                                with_yes(bind_bulk_put), run_bulk_delete)
        ->footer("The file is an array of keys, or what `pymode kv key list --json` writes.\n");
}

} // namespace

void add_kv_command(CLI::App& app, CliAction& chosen) {
    CLI::App* kv = add_command_group(app, "kv", "KV namespaces and their values at Cloudflare");
    add_namespace_commands(*kv, chosen);
    add_key_commands(*kv, chosen);
    add_bulk_commands(*kv, chosen);
}

} // namespace pymode

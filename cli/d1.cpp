// SPDX-License-Identifier: MIT
// `pymode d1`: D1 databases, SQL on them, and migrations.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/cloudflare_session.hpp"
#include "cli/confirm.hpp"
#include "cli/context.hpp"
#include "cli/local_storage.hpp"
#include "cli/projects.hpp"
#include "cli/subcommand.hpp"
#include "cli/table.hpp"
#include "core/base/file.hpp"
#include "core/base/standard_input.hpp"
#include "core/cloudflare/d1_migrations.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDefaultFolder = "migrations";

struct D1Options {
    ResourceOptions resource;
    std::string database;
    std::string location;
    std::string command;
    std::string file;
    std::string folder;
    bool yes = false;
};

struct D1Access {
    AccountAccess account;
    D1Place place;
    std::string name;
    const Binding* binding = nullptr; // of the project, when it has one for the database

    [[nodiscard]] CloudflareApi& api() const { return account.session->api(); }
};

// The project's binding that the text means: by its name, or by the database's name or id. It lives
// as long as the project, wherever that moves.
const Binding* find_binding(const Project& project, const std::string& text) {
    const auto& bindings = project.worker.bindings;
    const auto found = std::ranges::find_if(bindings, [&](const Binding& binding) {
        return binding.kind->type == "d1" &&
               (binding.name == text || binding.text("database_name") == text ||
                binding.text("database_id") == text);
    });
    return found != bindings.end() ? &*found : nullptr;
}

Expected<D1Access> open_local_database(const D1Options& options, CliContext& context) {
    Expected<Project> project = find_local_project(context, options.resource);
    if (!project) {
        return propagate(project);
    }
    const Binding* binding = find_binding(*project, options.database);
    if (binding == nullptr) {
        return fail(ErrorCode::usage,
                    fmt::format("the project binds no D1 database {}", printable(options.database)),
                    "--local takes a binding's name, or the name or id of its database");
    }
    const std::string name = local_name(*binding);
    Expected<AccountAccess> account = open_local(context, std::move(*project), {"d1", name});
    if (!account) {
        return propagate(account);
    }
    D1Access access{std::move(*account), {"local", name}, options.database, nullptr};
    access.binding = find_binding(*access.account.project, options.database);
    return access;
}

Expected<D1Access> open_database(const D1Options& options, CliContext& context) {
    if (options.resource.local) {
        return open_local_database(options, context);
    }
    Expected<AccountAccess> account = open_account(context, options.resource);
    if (!account) {
        return propagate(account);
    }
    D1Access access{std::move(*account), {}, options.database, nullptr};
    if (access.account.project) {
        access.binding = find_binding(*access.account.project, options.database);
    }
    const std::string id = access.binding != nullptr ? access.binding->text("database_id") : "";
    const std::string name = access.binding != nullptr ? access.binding->text("database_name") : "";
    const Expected<D1Database> database = find_d1_database(access.api(), access.account.account,
                                                           !id.empty()     ? id
                                                           : !name.empty() ? name
                                                                           : options.database);
    if (!database) {
        return propagate(database);
    }
    access.place = {access.account.account, database->id};
    access.name = database->name;
    return access;
}

Expected<> run_list(const D1Options& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const auto databases = list_d1_databases(access->session->api(), access->account);
    if (!databases) {
        return propagate(databases);
    }
    Json document = Json::array();
    std::vector<TableRow> rows;
    for (const D1Database& one : *databases) {
        document.push_back({{"id", one.id},
                            {"name", one.name},
                            {"created_on", one.created_on},
                            {"bytes", one.bytes}});
        rows.push_back({one.id, one.name, shown_time(one.created_on), human_size(one.bytes)});
    }
    print_table(context.console, {"ID", "NAME", "CREATED", "SIZE"}, rows);
    context.console.print_json(document.dump());
    return {};
}

Expected<> run_create(const D1Options& options, CliContext& context) {
    const Expected<AccountAccess> access = open_account(context, options.resource);
    if (!access) {
        return propagate(access);
    }
    const auto made = create_d1_database(access->session->api(), access->account, options.database,
                                         options.location);
    if (!made) {
        return propagate(made);
    }
    context.console.success(fmt::format("created the D1 database {}", made->name));
    context.console.print(made->id);
    context.console.info("in pyproject.toml: [[tool.pymode.d1-databases]] with `binding` and this "
                         "`database-id`");
    context.console.print_json(Json{{"id", made->id}, {"name", made->name}}.dump());
    return {};
}

Expected<> run_delete(const D1Options& options, CliContext& context) {
    const Expected<D1Access> access = open_database(options, context);
    if (!access) {
        return propagate(access);
    }
    if (Expected<> confirmed =
            confirm(context,
                    fmt::format("Delete the D1 database {} ({}) and all that is in it?",
                                access->name, access->place.id),
                    options.yes);
        !confirmed) {
        return confirmed;
    }
    if (Expected<> deleted = delete_d1_database(access->api(), access->place); !deleted) {
        return deleted;
    }
    context.console.success(fmt::format("deleted the D1 database {}", access->name));
    context.console.print_json(Json{{"deleted", access->name}, {"id", access->place.id}}.dump());
    return {};
}

std::string shown_value(const nlohmann::json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    return value.is_null() ? "NULL" : value.dump();
}

void print_result(const D1Result& result, Console& console) {
    std::vector<TableRow> rows;
    for (const std::vector<nlohmann::json>& row : result.rows) {
        TableRow cells;
        std::ranges::transform(row, std::back_inserter(cells), shown_value);
        rows.push_back(std::move(cells));
    }
    print_table(console, result.columns, rows);
    const auto changes = result.meta.find("changes");
    const bool changed = changes != result.meta.end() && changes->is_number_unsigned() &&
                         changes->get<std::uint64_t>() > 0;
    if (changed) {
        console.info(fmt::format("{} rows changed", changes->get<std::uint64_t>()));
    } else if (!result.columns.empty()) {
        console.info(fmt::format("{} row{}", rows.size(), rows.size() == 1 ? "" : "s"));
    }
}

// Rows as objects, as wrangler writes them; of columns with one name the last counts.
Json result_json(const D1Result& result) {
    Json rows = Json::array();
    for (const std::vector<nlohmann::json>& row : result.rows) {
        Json object = Json::object();
        for (std::size_t i = 0; i < row.size(); ++i) {
            object[result.columns[i]] = row[i];
        }
        rows.push_back(std::move(object));
    }
    return {{"results", std::move(rows)}, {"success", true}, {"meta", result.meta}};
}

Expected<std::string> read_sql(const D1Options& options, CliContext& context) {
    if (options.command.empty() == options.file.empty()) {
        return fail(ErrorCode::usage, "give the SQL with --command or --file: one of both");
    }
    if (options.file.empty()) {
        return options.command;
    }
    Expected<std::string> sql = read_file_or_input(options.file, kMaxSqlBytes, context.cancel);
    if (sql && !is_valid_utf8(*sql)) {
        return fail(ErrorCode::usage, fmt::format("{} is not UTF-8", options.file));
    }
    return sql;
}

Expected<> run_execute(const D1Options& options, CliContext& context) {
    const Expected<std::string> sql = read_sql(options, context);
    if (!sql) {
        return propagate(sql);
    }
    const Expected<D1Access> access = open_database(options, context);
    if (!access) {
        return propagate(access);
    }
    const auto results = execute_sql(access->api(), access->place, *sql);
    if (!results) {
        return propagate(results);
    }
    Json document = Json::array();
    for (const D1Result& result : *results) {
        print_result(result, context.console);
        document.push_back(result_json(result));
    }
    context.console.print_json(document.dump());
    return {};
}

struct Migrations {
    D1Access access;
    MigrationRun run; // with the names that are not applied yet
    std::vector<std::string> applied;
};

Expected<Migrations> open_migrations(const D1Options& options, CliContext& context) {
    Expected<D1Access> access = open_database(options, context);
    if (!access) {
        return propagate(access);
    }
    const std::optional<Project>& project = access->account.project;
    const auto setting = [&](std::string_view key, std::string_view fallback) {
        std::string text = access->binding != nullptr ? access->binding->text(key) : "";
        return text.empty() ? std::string(fallback) : text;
    };
    MigrationRun run;
    run.folder = options.folder;
    if (options.folder.empty()) {
        run.folder =
            (project ? project->root : fs::path()) / setting("migrations_dir", kDefaultFolder);
    }
    run.table = setting("migrations_table", kMigrationsTable);
    Expected<std::vector<std::string>> files = list_migration_files(run.folder);
    if (!files) {
        return propagate(files);
    }
    Expected<std::vector<std::string>> applied =
        applied_migrations(access->api(), access->place, run.table);
    if (!applied) {
        return propagate(applied);
    }
    std::ranges::copy_if(*files, std::back_inserter(run.names), [&](const std::string& name) {
        return std::ranges::find(*applied, name) == applied->end();
    });
    return Migrations{std::move(*access), std::move(run), std::move(*applied)};
}

Expected<> run_migrations_list(const D1Options& options, CliContext& context) {
    const Expected<Migrations> migrations = open_migrations(options, context);
    if (!migrations) {
        return propagate(migrations);
    }
    for (const std::string& name : migrations->run.names) {
        context.console.print(printable(name));
    }
    context.console.info(fmt::format("{} of {} to be applied, {} applied",
                                     migrations->run.names.size(), migrations->access.name,
                                     migrations->applied.size()));
    context.console.print_json(
        Json{{"pending", migrations->run.names}, {"applied", migrations->applied}}.dump());
    return {};
}

Expected<> run_migrations_apply(const D1Options& options, CliContext& context) {
    Expected<Migrations> migrations = open_migrations(options, context);
    if (!migrations) {
        return propagate(migrations);
    }
    MigrationRun& run = migrations->run;
    const std::string& database = migrations->access.name;
    for (const std::string& name : run.names) {
        context.console.info(printable(name));
    }
    if (!run.names.empty()) {
        if (Expected<> confirmed =
                confirm(context,
                        fmt::format("Apply {} migration{} to {}?", run.names.size(),
                                    run.names.size() == 1 ? "" : "s", database),
                        options.yes);
            !confirmed) {
            return confirmed;
        }
    }
    std::vector<std::string> applied;
    run.on_applied = [&](const std::string& name) {
        applied.push_back(name);
        context.console.success(fmt::format("applied {}", printable(name)));
    };
    Expected<> done = apply_migrations(migrations->access.api(), migrations->access.place, run);
    if (!done) {
        return propagate(done, applied.empty() ? "no migration was applied"
                                               : fmt::format("applied before that: {}",
                                                             printable(join(applied, ", "))));
    }
    if (applied.empty()) {
        context.console.info(fmt::format("{} has all migrations", database));
    }
    context.console.print_json(Json{{"applied", applied}}.dump());
    return {};
}

void bind_account(CLI::App& command, D1Options& options) {
    add_resource_options(command, options.resource);
}

void bind_database(CLI::App& command, D1Options& options) {
    command
        .add_option("database", options.database,
                    "Its name, its id, or the name of a binding of the project")
        ->required()
        ->check(utf8_text());
    add_resource_options(command, options.resource);
}

void bind_stored(CLI::App& command, D1Options& options) {
    bind_database(command, options);
    add_local_option(command, options.resource);
}

void bind_migrations(CLI::App& command, D1Options& options) {
    bind_stored(command, options);
    command.add_option("--folder", options.folder,
                       "The migrations (default: the binding's migrations-dir, else migrations)");
}

void add_migrations_commands(CLI::App& d1, CliAction& chosen) {
    CLI::App* group = add_command_group(d1, "migrations", "SQL files that are executed once each");
    add_leaf_command<D1Options>(*group, "list", "Show those that are not applied yet", chosen,
                                bind_migrations, run_migrations_list);
    add_leaf_command<D1Options>(
        *group, "apply", "Apply them in the order of their numbers", chosen,
        [](CLI::App& command, D1Options& options) {
            bind_migrations(command, options);
            add_yes_option(command, options.yes);
        },
        run_migrations_apply)
        ->footer(
            "Files are called like 0001_users.sql. Each is executed as a whole or not at all;\n"
            "the first that fails ends it. The table d1_migrations remembers what was applied,\n"
            "as wrangler's does.\n");
}

} // namespace

void add_d1_command(CLI::App& app, CliAction& chosen) {
    CLI::App* d1 = add_command_group(app, "d1", "D1 databases at Cloudflare");
    add_leaf_command<D1Options>(*d1, "list", "Show them", chosen, bind_account, run_list);
    add_leaf_command<D1Options>(
        *d1, "create", "Make one", chosen,
        [](CLI::App& command, D1Options& options) {
            command.add_option("name", options.database, "Its name")
                ->required()
                ->check(utf8_text());
            command
                .add_option("--location", options.location,
                            "Where: wnam, enam, weur, eeur, apac, oc")
                ->check(CLI::IsMember({"wnam", "enam", "weur", "eeur", "apac", "oc"}));
            bind_account(command, options);
        },
        run_create);
    add_leaf_command<D1Options>(
        *d1, "delete", "Delete one with all that is in it", chosen,
        [](CLI::App& command, D1Options& options) {
            bind_database(command, options);
            add_yes_option(command, options.yes);
        },
        run_delete);
    add_leaf_command<D1Options>(
        *d1, "execute", "Execute SQL", chosen,
        [](CLI::App& command, D1Options& options) {
            bind_stored(command, options);
            command.add_option("--command", options.command, "The SQL")->check(utf8_text());
            command.add_option("--file", options.file, "A file with SQL; - is standard input");
        },
        run_execute)
        ->footer("Several statements, separated by semicolons, are one transaction.\n\n"
                 "Examples:\n"
                 "  pymode d1 execute DB --command \"SELECT * FROM users\"\n"
                 "  pymode d1 execute shop --file schema.sql\n");
    add_migrations_commands(*d1, chosen);
}

} // namespace pymode

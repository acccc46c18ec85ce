// SPDX-License-Identifier: MIT
#include "core/project/worker_reader.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/config_json.hpp"
#include "core/project/environment.hpp"
#include "core/project/names.hpp"
#include "core/project/worker_checks.hpp"

namespace pymode {
namespace {

// Cloudflare's limits (developers.cloudflare.com/workers/platform/limits).
constexpr std::size_t kMaxVariableBytes = 5 * 1024;
constexpr std::size_t kMaxVariables = 128;
constexpr std::size_t kMaxFreeVariables = 64;

// Turns on what is Cloudflare's own Python; a Worker of pymode is a JavaScript Worker to
// Cloudflare.
constexpr std::string_view kPythonFlags = "python_";

using Kind = ConfigValue::Kind;

std::optional<bool> flag(const ConfigValue& table, std::string_view key) {
    const ConfigValue* value = table.find(key);
    return value ? std::optional(value->boolean) : std::nullopt;
}

std::optional<int> whole(const ConfigValue& table, std::string_view key) {
    const ConfigValue* value = table.find(key);
    return value && value->kind == Kind::integer ? std::optional(static_cast<int>(value->integer))
                                                 : std::nullopt;
}

std::optional<ConfigValue> part(const ConfigValue& table, std::string_view key) {
    const ConfigValue* value = table.find(key);
    return value ? std::optional(*value) : std::nullopt;
}

std::vector<std::string> texts(const ConfigValue* list) {
    std::vector<std::string> result;
    for (const ConfigValue& item : list ? list->items : std::vector<ConfigValue>()) {
        result.push_back(item.text);
    }
    return result;
}

// The list `list` of the table `section`, or the section itself when it is the list.
std::vector<ConfigValue> items_of(const ConfigValue& table, std::string_view section,
                                  std::string_view list) {
    const ConfigValue* value = table.find(section);
    value = value && !list.empty() ? value->find(list) : value;
    if (!value) {
        return {};
    }
    return value->kind == Kind::table ? std::vector{*value} : value->items;
}

// Makes the config of a table whose keys are checked one by one; every function returns false after
// it has noted the error.
class WorkerReader {
  public:
    WorkerReader(const WorkerSource& source, const ConfigValue& table,
                 std::vector<std::string>& warnings)
        : m_source(source), m_table(table), m_warnings(warnings) {}

    Expected<WorkerConfig> read() {
        m_config.file = m_source.document.file;
        read_plain();
        const bool ok = read_name() && read_vars() && read_bindings() && read_secrets() &&
                        read_unsafe() && read_assets() && read_routes() && read_migrations();
        if (!ok) {
            return std::unexpected(std::move(m_error));
        }
        if (const auto problem = check_worker(m_table)) {
            return std::unexpected(
                m_source.document.error_at(problem->position, problem->message, problem->hint));
        }
        return std::move(m_config);
    }

  private:
    bool error(ConfigPosition position, std::string message, std::string hint = "") {
        m_error = m_source.document.error_at(position, std::move(message), std::move(hint));
        return false;
    }

    void warn(ConfigPosition position, std::string_view message) {
        m_warnings.push_back(
            fmt::format("{}:{}: {}", m_source.document.file, position.line, message));
    }

    [[nodiscard]] std::string shown(std::string_view key) const {
        return shown_key(m_source.dialect, key);
    }

    void read_plain() {
        m_config.main = m_table.text_of("main");
        m_config.account_id = m_table.text_of("account_id");
        m_config.compatibility_date = m_table.text_of("compatibility_date");
        m_config.compliance_region = m_table.text_of("compliance_region");
        m_config.workers_dev = flag(m_table, "workers_dev");
        m_config.preview_urls = flag(m_table, "preview_urls");
        m_config.logpush = flag(m_table, "logpush");
        m_config.keep_vars = flag(m_table, "keep_vars").value_or(false);
        m_config.limits = part(m_table, "limits");
        m_config.placement = part(m_table, "placement");
        m_config.observability = part(m_table, "observability");
        m_config.cache = part(m_table, "cache");
        m_config.tail_consumers = part(m_table, "tail_consumers");
        m_config.streaming_tail_consumers = part(m_table, "streaming_tail_consumers");
        if (const ConfigValue* objects = m_table.find("durable_objects")) {
            m_config.code_update_strategy = part(*objects, "code_update_strategy");
        }
        if (const ConfigValue* triggers = m_table.find("triggers");
            triggers && triggers->find("crons")) {
            m_config.crons = texts(triggers->find("crons"));
        }
        if (const ConfigValue* exports = m_table.find("exports")) {
            m_config.exports = exports->members;
        }
        read_flags();
        read_consumers();
    }

    void read_flags() {
        const ConfigValue* flags = m_table.find("compatibility_flags");
        for (const ConfigValue& flag : flags ? flags->items : std::vector<ConfigValue>()) {
            if (flag.text.starts_with(kPythonFlags)) {
                warn(flag.position,
                     fmt::format("the flag `{}` is left out: it is for Cloudflare's own Python",
                                 flag.text));
            } else {
                m_config.compatibility_flags.push_back(flag.text);
            }
        }
    }

    void read_consumers() {
        for (const ConfigValue& table : items_of(m_table, "queues", "consumers")) {
            m_config.consumers.push_back(
                {table.text_of("queue"), whole(table, "max_batch_size"),
                 whole(table, "max_batch_timeout"), whole(table, "max_retries"),
                 whole(table, "max_concurrency"), whole(table, "retry_delay"),
                 table.text_of("dead_letter_queue")});
        }
    }

    bool read_name() {
        const ConfigValue* name = m_table.find("name");
        if (!name) {
            return true;
        }
        m_config.name = name->text;
        Expected<> usable = check_script_name(m_source.document, name->text, name->position);
        if (!usable) {
            m_error = std::move(usable.error());
        }
        return usable.has_value();
    }

    // A name in `env` may have one meaning only.
    bool claim(const std::string& name, ConfigPosition position, std::string_view what) {
        if (name == kDevVariable) {
            return error(position, fmt::format("the name {} is reserved", name));
        }
        const auto [known, added] = m_names.emplace(name, what);
        return added ||
               error(position, fmt::format("`{}` is defined twice in env", name),
                     known->second == what
                         ? fmt::format("two {}s have that name", what)
                         : fmt::format("it is the name of a {} and of a {}", known->second, what));
    }

    bool read_vars() {
        const ConfigValue* vars = m_table.find("vars");
        for (const ConfigMember& member : vars ? vars->members : std::vector<ConfigMember>()) {
            if (!is_identifier(member.key)) {
                return error(member.key_position,
                             fmt::format("`{}` cannot be a name in env", printable(member.key)),
                             "use letters, digits and _, not beginning with a digit");
            }
            if (!claim(member.key, member.key_position, "variable") || !read_variable(member)) {
                return false;
            }
        }
        if (m_config.vars.size() > kMaxVariables) {
            return error(vars->members[kMaxVariables].key_position,
                         fmt::format("there are {} variables; Cloudflare allows {}",
                                     m_config.vars.size(), kMaxVariables));
        }
        if (m_config.vars.size() > kMaxFreeVariables) {
            warn(vars->members[kMaxFreeVariables].key_position,
                 fmt::format("there are {} variables; a free plan has at most {}",
                             m_config.vars.size(), kMaxFreeVariables));
        }
        return true;
    }

    bool read_variable(const ConfigMember& member) {
        Variable variable{member.key, Variable::Kind::text, member.value.text};
        if (member.value.kind != Kind::string && member.value.kind != Kind::datetime) {
            variable.kind = Variable::Kind::json;
            variable.value = to_json(member.value).dump();
        }
        if (variable.value.size() > kMaxVariableBytes) {
            return error(member.key_position,
                         fmt::format("variable {} has {}; at most 5 KiB are allowed", member.key,
                                     human_size(variable.value.size())));
        }
        m_config.vars.push_back(std::move(variable));
        return true;
    }

    bool read_bindings() {
        for (const BindingKind& kind : binding_kinds()) {
            for (ConfigValue& table : items_of(m_table, kind.section, kind.list)) {
                const ConfigValue& name = *table.find(kind.name_key);
                if (!claim(name.text, name.position, kind.title)) {
                    return false;
                }
                if (const std::string_view problem = kind.check ? kind.check(table) : "";
                    !problem.empty()) {
                    return error(table.position, std::string(problem));
                }
                m_config.bindings.push_back(
                    {&kind, name.text, table, m_source.document.locate(table.position)});
            }
        }
        return true;
    }

    bool read_secrets() {
        const ConfigValue* secrets = m_table.find("secrets");
        const ConfigValue* required = secrets ? secrets->find("required") : nullptr;
        for (const ConfigValue& name : required ? required->items : std::vector<ConfigValue>()) {
            if (!claim(name.text, name.position, "secret")) {
                return false;
            }
            m_config.required_secrets.push_back(name.text);
        }
        return true;
    }

    bool read_unsafe() {
        const ConfigValue* unsafe = m_table.find("unsafe");
        if (!unsafe) {
            return true;
        }
        m_config.unsafe_metadata = part(*unsafe, "metadata");
        for (const ConfigValue& table : items_of(m_table, "unsafe", "bindings")) {
            UnsafeBinding binding{table.text_of("name"), table.text_of("type"), table};
            std::erase_if(binding.settings.members, [](const ConfigMember& member) {
                return member.key == "name" || member.key == "type";
            });
            if (!claim(binding.name, table.position, "unsafe binding")) {
                return false;
            }
            m_config.unsafe_bindings.push_back(std::move(binding));
        }
        return true;
    }

    bool read_assets() {
        const ConfigValue* table = m_table.find("assets");
        if (!table) {
            return true;
        }
        const ConfigValue* directory = table->find("directory");
        if (!directory) {
            return error(
                table->position,
                fmt::format("{} has no `directory`", shown_table(m_source.dialect, "assets")),
                "it names the folder with the files");
        }
        Assets assets{directory->text,
                      table->text_of("binding"),
                      table->text_of("html_handling"),
                      table->text_of("not_found_handling"),
                      table->text_of("base_path"),
                      {}};
        if (!assets.binding.empty() &&
            !claim(assets.binding, table->find("binding")->position, "folder of assets")) {
            return false;
        }
        if (const ConfigValue* first = table->find("run_worker_first")) {
            if (first->kind == Kind::boolean) {
                assets.run_worker_first = first->boolean;
            } else {
                assets.run_worker_first = texts(first);
            }
        }
        m_config.assets = std::move(assets);
        return true;
    }

    bool read_routes() {
        const ConfigValue* one = m_table.find("route");
        const ConfigValue* list = m_table.find("routes");
        if (one && list) {
            return error(one->position, "there are `route` and `routes`",
                         "put all of them into `routes`");
        }
        std::vector<ConfigValue> routes = list ? list->items : std::vector<ConfigValue>();
        if (one) {
            routes.push_back(*one);
        }
        return std::ranges::all_of(routes,
                                   [this](const ConfigValue& route) { return read_route(route); });
    }

    bool read_route(const ConfigValue& value) {
        Route route;
        if (value.kind == Kind::string) {
            route.pattern = value.text;
        } else {
            route = {value.text_of("pattern"),   value.text_of("zone_id"),
                     value.text_of("zone_name"), flag(value, "custom_domain").value_or(false),
                     flag(value, "enabled"),     flag(value, "previews_enabled")};
        }
        if (!route.zone_id.empty() && !route.zone_name.empty()) {
            return error(value.position, "a route has a zone's id or its name, not both");
        }
        if (route.custom_domain && route.pattern.find_first_of("*/") != std::string::npos) {
            return error(value.position,
                         fmt::format("`{}` cannot be a custom domain", printable(route.pattern)),
                         "a custom domain is a host as a whole: no path and no *");
        }
        if (!route.custom_domain && (route.enabled || route.previews_enabled)) {
            return error(value.position,
                         fmt::format("`enabled` and `{}` belong to custom domains",
                                     shown("previews_enabled")),
                         fmt::format("add `{} = true`", shown("custom_domain")));
        }
        const auto same = [&](const Route& other) { return other.pattern == route.pattern; };
        if (std::ranges::any_of(m_config.routes, same)) {
            return error(value.position,
                         fmt::format("the route `{}` is there twice", printable(route.pattern)));
        }
        m_config.routes.push_back(std::move(route));
        return true;
    }

    bool read_migrations() {
        const ConfigValue* list = m_table.find("migrations");
        std::set<std::string> tags;
        for (const ConfigValue& table : list ? list->items : std::vector<ConfigValue>()) {
            Migration migration{table.text_of("tag"), table};
            std::erase_if(migration.step.members,
                          [](const ConfigMember& member) { return member.key == "tag"; });
            if (!tags.insert(migration.tag).second) {
                return error(
                    table.find("tag")->position,
                    fmt::format("two migrations have the tag `{}`", printable(migration.tag)));
            }
            m_config.migrations.push_back(std::move(migration));
        }
        return true;
    }

    const WorkerSource& m_source;
    const ConfigValue& m_table;
    std::vector<std::string>& m_warnings;
    WorkerConfig m_config;
    Error m_error;
    std::map<std::string, std::string, std::less<>> m_names; // → what has the name
};

} // namespace

Expected<> check_script_name(const ConfigDocument& document, std::string_view name,
                             ConfigPosition position) {
    if (is_script_name(name)) {
        return {};
    }
    const std::string better = suggest_script_name(name);
    return std::unexpected(document.error_at(
        position, fmt::format("`{}` cannot be the name of a Worker", printable(name)),
        "use 1 to 63 of a-z, 0-9 and -" +
            (better.empty() ? "" : fmt::format(", for example `{}`", better))));
}

Expected<WorkerConfig> read_worker(const WorkerSource& source, const std::string& environment,
                                   std::vector<std::string>& warnings) {
    Expected<ConfigValue> table = resolve_environment(source, environment, warnings);
    if (!table) {
        return propagate(table);
    }
    Expected<WorkerConfig> config = WorkerReader(source, *table, warnings).read();
    if (config) {
        config->environment = environment;
    }
    return config;
}

} // namespace pymode

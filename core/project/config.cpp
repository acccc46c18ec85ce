// SPDX-License-Identifier: MIT
#include "core/project/config.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <set>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

constexpr std::string_view kDefaultMain = "src/main.py";
constexpr std::size_t kMaxVariableBytes = 5 * 1024; // Cloudflare's limit for one variable

using Kind = TomlValue::Kind;

// Reads one document; every function returns false after it has noted the error, so that the
// sequence of reads stops at the first one.
class ConfigReader {
  public:
    explicit ConfigReader(const TomlDocument& document) : m_document(document) {}

    Expected<Project> read() {
        const bool ok = read_name() && read_dependencies() && read_tool_table();
        if (!ok) {
            return std::unexpected(std::move(m_error));
        }
        return std::move(m_project);
    }

  private:
    bool error(TomlPosition position, std::string message, std::string hint = "") {
        m_error = m_document.error_at(position, std::move(message), std::move(hint));
        return false;
    }

    void warn(TomlPosition position, std::string_view message) {
        m_project.warnings.push_back(
            fmt::format("{}:{}: {}", m_document.file, position.line, message));
    }

    bool expect(const TomlValue& value, Kind kind, std::string_view name) {
        return value.kind == kind ||
               error(value.position, fmt::format("{} must be {}, not {}", name, describe(kind),
                                                 describe(value.kind)));
    }

    void warn_unknown_keys(const TomlValue& table, std::span<const std::string> known,
                           std::string_view table_name) {
        for (const TomlMember& member : table.members) {
            if (std::ranges::find(known, member.key) != known.end()) {
                continue;
            }
            std::string message = fmt::format("unknown key `{}` in {}", member.key, table_name);
            if (const auto meant = closest_match(member.key, known)) {
                message += fmt::format("; did you mean `{}`?", *meant);
            }
            warn(member.key_position, message);
        }
    }

    // The Worker's name: [tool.pymode] name, else [project] name.
    bool read_name() {
        const TomlValue* project = m_document.root.find("project");
        const TomlValue* tool = m_document.root.find("tool");
        const TomlValue* pymode = tool ? tool->find("pymode") : nullptr;
        const TomlValue* name = pymode ? pymode->find("name") : nullptr;
        std::string_view key = "[tool.pymode] name";
        if (!name && project) {
            name = project->find("name");
            key = "[project] name";
        }
        if (!name) {
            return error({}, fmt::format("{} names no project", m_document.file),
                         "add `name = \"my-worker\"` under [project]");
        }
        if (!expect(*name, Kind::string, key)) {
            return false;
        }
        if (!is_script_name(name->text)) {
            const std::string better = suggest_script_name(name->text);
            return error(name->position,
                         fmt::format("`{}` cannot be the name of a Worker", name->text),
                         "use 1 to 63 of a-z, 0-9 and -" +
                             (better.empty() ? "" : fmt::format(", for example `{}`", better)));
        }
        m_project.name = name->text;
        return true;
    }

    // Only whether there are any: what they mean is the packaging layer's business.
    bool read_dependencies() {
        const TomlValue* project = m_document.root.find("project");
        const TomlValue* list = project ? project->find("dependencies") : nullptr;
        if (list && !expect(*list, Kind::array, "[project] dependencies")) {
            return false;
        }
        m_project.has_dependencies = list && !list->items.empty();
        return true;
    }

    bool read_tool_table() {
        m_project.main = kDefaultMain;
        m_project.compatibility_date = kDefaultCompatibilityDate;
        const TomlValue* tool = m_document.root.find("tool");
        const TomlValue* table = tool ? tool->find("pymode") : nullptr;
        if (!table) {
            return true;
        }
        if (!expect(*table, Kind::table, "[tool.pymode]")) {
            return false;
        }
        std::vector<std::string> keys = {"account-id", "compatibility-date", "compatibility-flags",
                                         "exclude",    "kv-namespaces",      "main",
                                         "name",       "stdlib-modules",     "vars",
                                         "workers-dev"};
        std::ranges::copy(packaging_keys(), std::back_inserter(keys));
        warn_unknown_keys(*table, keys, "[tool.pymode]");
        return read_text(*table, "main", m_project.main) && read_account(*table) &&
               read_date(*table) &&
               read_list(*table, "compatibility-flags", m_project.compatibility_flags) &&
               read_list(*table, "exclude", m_project.exclude) && read_stdlib_modules(*table) &&
               read_flag(*table, "workers-dev", m_project.workers_dev) && read_vars(*table) &&
               read_kv_namespaces(*table) && read_packaging(*table);
    }

    bool read_packaging(const TomlValue& table) {
        Expected<PackagingConfig> packaging =
            read_packaging_config(m_document, table, m_project.warnings);
        if (!packaging) {
            m_error = std::move(packaging.error());
            return false;
        }
        m_project.packaging = std::move(*packaging);
        return true;
    }

    bool read_text(const TomlValue& table, std::string_view key, std::string& into) {
        const TomlValue* value = table.find(key);
        if (value && !expect(*value, Kind::string, key)) {
            return false;
        }
        if (value) {
            into = value->text;
        }
        return true;
    }

    bool read_flag(const TomlValue& table, std::string_view key, bool& into) {
        const TomlValue* value = table.find(key);
        if (value && !expect(*value, Kind::boolean, key)) {
            return false;
        }
        if (value) {
            into = value->boolean;
        }
        return true;
    }

    bool read_list(const TomlValue& table, std::string_view key, std::vector<std::string>& into) {
        const TomlValue* value = table.find(key);
        if (!value) {
            return true;
        }
        if (!expect(*value, Kind::array, key)) {
            return false;
        }
        for (const TomlValue& item : value->items) {
            if (!expect(item, Kind::string, fmt::format("every item of {}", key))) {
                return false;
            }
            into.push_back(item.text);
        }
        return true;
    }

    // A list of names, or "all".
    bool read_stdlib_modules(const TomlValue& table) {
        const TomlValue* value = table.find("stdlib-modules");
        if (value && value->kind == Kind::string && value->text == "all") {
            m_project.stdlib_modules = {value->text};
            return true;
        }
        return read_list(table, "stdlib-modules", m_project.stdlib_modules);
    }

    bool read_account(const TomlValue& table) {
        if (!read_text(table, "account-id", m_project.account_id)) {
            return false;
        }
        const TomlValue* value = table.find("account-id");
        return !value || is_hex_id(value->text) ||
               error(value->position, fmt::format("`{}` is no account id", value->text),
                     "an account id has 32 hex digits; the Cloudflare dashboard shows it in its "
                     "address: dash.cloudflare.com/<account id>");
    }

    bool read_date(const TomlValue& table) {
        const TomlValue* value = table.find("compatibility-date");
        if (!value) {
            return true;
        }
        // An unquoted date is a TOML date, and means the same.
        if (value->kind != Kind::datetime && !expect(*value, Kind::string, "compatibility-date")) {
            return false;
        }
        if (!is_date(value->text)) {
            return error(value->position,
                         fmt::format("compatibility-date `{}` is no date", value->text),
                         fmt::format("write it as YYYY-MM-DD, for example \"{}\"",
                                     kDefaultCompatibilityDate));
        }
        m_project.compatibility_date = value->text;
        return true;
    }

    bool read_vars(const TomlValue& table) {
        const TomlValue* vars = table.find("vars");
        if (!vars) {
            return true;
        }
        if (!expect(*vars, Kind::table, "[tool.pymode.vars]")) {
            return false;
        }
        for (const TomlMember& member : vars->members) {
            if (!claim_binding(member.key, member.key_position)) {
                return false;
            }
            Variable variable{member.key, Variable::Kind::text, member.value.text};
            if (member.value.kind != Kind::string && member.value.kind != Kind::datetime) {
                variable.kind = Variable::Kind::json;
                variable.value = to_json(member.value).dump();
            }
            if (variable.value.size() > kMaxVariableBytes) {
                return error(member.key_position,
                             fmt::format("variable {} has {}; at most 5 KiB are allowed",
                                         member.key, human_size(variable.value.size())));
            }
            m_project.vars.push_back(std::move(variable));
        }
        std::ranges::sort(m_project.vars, {}, &Variable::name);
        return true;
    }

    static nlohmann::json to_json(const TomlValue& value) {
        switch (value.kind) {
        case Kind::integer:
            return value.integer;
        case Kind::number:
            return value.number;
        case Kind::boolean:
            return value.boolean;
        case Kind::array: {
            nlohmann::json array = nlohmann::json::array();
            for (const TomlValue& item : value.items) {
                array.push_back(to_json(item));
            }
            return array;
        }
        case Kind::table: {
            nlohmann::json object = nlohmann::json::object();
            for (const TomlMember& member : value.members) {
                object[member.key] = to_json(member.value);
            }
            return object;
        }
        case Kind::string:
        case Kind::datetime:
            break;
        }
        return value.text;
    }

    bool read_kv_namespaces(const TomlValue& table) {
        const TomlValue* list = table.find("kv-namespaces");
        if (!list) {
            return true;
        }
        if (list->kind != Kind::array) {
            return error(list->position, "kv-namespaces must be an array of tables",
                         "write [[tool.pymode.kv-namespaces]] with two brackets");
        }
        for (const TomlValue& item : list->items) {
            if (!read_kv_namespace(item)) {
                return false;
            }
        }
        return true;
    }

    bool read_kv_namespace(const TomlValue& table) {
        if (!expect(table, Kind::table, "every item of kv-namespaces")) {
            return false;
        }
        static const std::array<std::string, 2> kKeys = {"binding", "id"};
        warn_unknown_keys(table, kKeys, "[[tool.pymode.kv-namespaces]]");
        KvNamespace result;
        if (!read_text(table, "binding", result.binding) || !read_text(table, "id", result.id)) {
            return false;
        }
        const TomlValue* binding = table.find("binding");
        if (!binding) {
            return error(table.position, "this kv namespace has no binding",
                         "add `binding = \"ITEMS\"`: the name it has in `env`");
        }
        if (!claim_binding(result.binding, binding->position)) {
            return false;
        }
        if (!result.id.empty() && !is_hex_id(result.id)) {
            return error(table.find("id")->position,
                         fmt::format("`{}` is no id of a kv namespace", result.id),
                         "an id has 32 hex digits; leave it out to use the namespace in "
                         "`pymode dev` only");
        }
        m_project.kv_namespaces.push_back(std::move(result));
        return true;
    }

    // A name in `env` must be usable as `env.NAME` and may have one meaning only.
    bool claim_binding(const std::string& name, TomlPosition position) {
        if (!is_identifier(name)) {
            return error(position, fmt::format("`{}` cannot be a name in env", name),
                         "use letters, digits and _, not beginning with a digit");
        }
        if (name == kDevVariable) {
            return error(position, fmt::format("the name {} is reserved", name));
        }
        return m_bindings.insert(name).second ||
               error(position, fmt::format("`{}` is defined twice in env", name));
    }

    const TomlDocument& m_document;
    Project m_project;
    Error m_error;
    std::set<std::string, std::less<>> m_bindings;
};

} // namespace

Expected<Project> read_config(const TomlDocument& document) {
    return ConfigReader(document).read();
}

} // namespace pymode

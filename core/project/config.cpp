// SPDX-License-Identifier: MIT
#include "core/project/config.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/names.hpp"
#include "core/project/worker_keys.hpp"
#include "core/project/worker_reader.hpp"

namespace pymode {
namespace {

constexpr std::string_view kDefaultMain = "src/main.py";

using Kind = ConfigValue::Kind;

// Keys of [tool.pymode] that do not describe the Worker itself.
const std::vector<std::string_view>& pymode_keys() {
    static const std::vector<std::string_view> keys = [] {
        std::vector<std::string_view> all;
        std::ranges::transform(project_fields(), std::back_inserter(all), &Field::key);
        std::ranges::copy(packaging_keys(), std::back_inserter(all));
        return all;
    }();
    return keys;
}

class ConfigReader {
  public:
    ConfigReader(const ConfigFiles& files, const std::string& environment)
        : m_files(files), m_pyproject(files.pyproject), m_environment(environment) {}

    Expected<Project> read() {
        if (Expected<> found = find_table(); !found) {
            return propagate(found);
        }
        if (Expected<> worker = read_worker_part(); !worker) {
            return propagate(worker);
        }
        if (Expected<> listed = read_dependencies(); !listed) {
            return propagate(listed);
        }
        if (Expected<> own = read_own_keys(); !own) {
            return propagate(own);
        }
        return std::move(m_project);
    }

  private:
    [[nodiscard]] std::unexpected<Error> error(ConfigPosition position, std::string message,
                                               std::string hint = "") const {
        return std::unexpected(m_pyproject.error_at(position, std::move(message), std::move(hint)));
    }

    [[nodiscard]] Expected<> expect(const ConfigValue& value, Kind kind,
                                    std::string_view name) const {
        if (value.kind == kind) {
            return {};
        }
        return error(value.position, fmt::format("{} must be {}, not {}", name, describe(kind),
                                                 describe(value.kind)));
    }

    Expected<> find_table() {
        const ConfigValue* tool = m_pyproject.root.find("tool");
        const ConfigValue* table = tool ? tool->find("pymode") : nullptr;
        if (!table) {
            return {};
        }
        m_table = *table;
        return expect(*table, Kind::table, "[tool.pymode]");
    }

    // The first key of [tool.pymode] that describes the Worker.
    [[nodiscard]] const ConfigMember* worker_key() const {
        const auto is_worker_key = [](const ConfigMember& member) {
            const std::string key = dashed_key(member.key);
            return key == environments_key(Dialect::pyproject) ||
                   std::ranges::any_of(worker_keys(), [&](const WorkerKey& each) {
                       return dashed_key(each.field.key) == key;
                   });
        };
        const auto found = std::ranges::find_if(m_table.members, is_worker_key);
        return found == m_table.members.end() ? nullptr : &*found;
    }

    Expected<> read_worker_part() {
        const ConfigMember* own = worker_key();
        const ConfigDocument* wrangler = own ? nullptr : m_files.wrangler;
        if (own && m_files.wrangler) {
            m_project.warnings.push_back(fmt::format(
                "{}:{}: {} is left aside: [tool.pymode] describes the Worker (`{}`)",
                m_pyproject.file, own->key_position.line, m_files.wrangler->file, own->key));
        }
        const WorkerSource source =
            wrangler ? WorkerSource{*wrangler,
                                    wrangler->file.ends_with(".toml") ? Dialect::wrangler_toml
                                                                      : Dialect::wrangler_json,
                                    wrangler->root,
                                    {}}
                     : WorkerSource{m_pyproject, Dialect::pyproject, m_table, pymode_keys()};
        if (source.table.kind != Kind::table) {
            return std::unexpected(source.document.error_at(
                source.table.position,
                fmt::format("{} must hold a table, not {}", source.document.file,
                            describe(source.table.kind))));
        }
        Expected<WorkerConfig> worker = read_worker(source, m_environment, m_project.warnings);
        if (!worker) {
            return propagate(worker);
        }
        m_project.worker = std::move(*worker);
        return complete_worker();
    }

    // What neither the table nor the environment says.
    Expected<> complete_worker() {
        WorkerConfig& worker = m_project.worker;
        if (worker.main.empty()) {
            worker.main = kDefaultMain;
        }
        if (worker.compatibility_date.empty()) {
            worker.compatibility_date = kDefaultCompatibilityDate;
        }
        if (!worker.name.empty()) {
            return {};
        }
        const ConfigValue* project = m_pyproject.root.find("project");
        const ConfigValue* name = project ? project->find("name") : nullptr;
        if (!name) {
            return error({}, fmt::format("{} names no project", m_pyproject.file),
                         "add `name = \"my-worker\"` under [project]");
        }
        if (Expected<> text = expect(*name, Kind::string, "[project] name"); !text) {
            return text;
        }
        worker.name = worker.environment.empty()
                          ? name->text
                          : fmt::format("{}-{}", name->text, worker.environment);
        return check_script_name(m_pyproject, worker.name, name->position);
    }

    // Only whether there are any: what they mean is the packaging layer's business.
    Expected<> read_dependencies() {
        const ConfigValue* project = m_pyproject.root.find("project");
        const ConfigValue* list = project ? project->find("dependencies") : nullptr;
        if (list) {
            if (Expected<> array = expect(*list, Kind::array, "[project] dependencies"); !array) {
                return array;
            }
        }
        m_project.has_dependencies = list && !list->items.empty();
        return {};
    }

    // `exclude`, `stdlib-modules`, and what packages need.
    Expected<> read_own_keys() {
        ConfigValue own = m_table;
        std::erase_if(own.members, [](const ConfigMember& member) {
            return std::ranges::none_of(project_fields(), [&](const Field& field) {
                return dashed_key(field.key) == dashed_key(member.key);
            });
        });
        Expected<ConfigValue> checked =
            Normalizer(m_pyproject, Dialect::pyproject, m_project.warnings)
                .table(own, project_fields(), "");
        if (!checked) {
            return propagate(checked);
        }
        m_project.exclude = texts_of(checked->find("exclude"));
        m_project.stdlib_modules = texts_of(checked->find("stdlib_modules"));
        Expected<PackagingConfig> packaging =
            read_packaging_config(m_pyproject, m_table, m_project.warnings);
        if (!packaging) {
            return propagate(packaging);
        }
        m_project.packaging = std::move(*packaging);
        return {};
    }

    // The items of a list; a single text is a list of one.
    static std::vector<std::string> texts_of(const ConfigValue* value) {
        std::vector<std::string> texts;
        if (value && value->kind == Kind::string) {
            texts.push_back(value->text);
        }
        for (const ConfigValue& item : value ? value->items : std::vector<ConfigValue>()) {
            texts.push_back(item.text);
        }
        return texts;
    }

    const ConfigFiles& m_files;
    const ConfigDocument& m_pyproject;
    const std::string& m_environment;
    ConfigValue m_table; // [tool.pymode]; empty when there is none
    Project m_project;
};

} // namespace

Expected<Project> read_config(const ConfigFiles& files, const std::string& environment) {
    return ConfigReader(files, environment).read();
}

} // namespace pymode

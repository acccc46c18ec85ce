// SPDX-License-Identifier: MIT
#include "core/project/environment.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/project/worker_keys.hpp"

namespace pymode {
namespace {

class Resolver {
  public:
    Resolver(const WorkerSource& source, std::vector<std::string>& warnings)
        : m_source(source), m_warnings(warnings),
          m_ignored(source.other_keys.begin(), source.other_keys.end()) {
        if (source.dialect != Dialect::pyproject) {
            for (const ForeignKey& key : foreign_keys()) {
                m_ignored.push_back(key.key);
            }
        }
    }

    Expected<ConfigValue> run(const std::string& environment) {
        std::vector<std::string_view> ignored = m_ignored;
        ignored.push_back(environments_key(m_source.dialect));
        Normalizer normalizer(m_source.document, m_source.dialect, m_warnings);
        warn_about_foreign_keys(m_source.table, normalizer);
        Expected<ConfigValue> top =
            normalizer.table(m_source.table, worker_fields(Inherit::top_level_only), "", ignored);
        if (!top) {
            return top;
        }
        return with_environment(std::move(*top), environment);
    }

  private:
    void warn_about_foreign_keys(const ConfigValue& table, Normalizer& normalizer) {
        if (m_source.dialect == Dialect::pyproject) {
            return;
        }
        for (const ConfigMember& member : table.members) {
            const auto key = std::ranges::find(foreign_keys(), member.key, &ForeignKey::key);
            if (key != foreign_keys().end() && !key->reason.empty()) {
                normalizer.warn(member.key_position,
                                fmt::format("`{}` has no effect: {}", key->key, key->reason));
            }
        }
    }

    // Every environment is checked, so that a mistake does not wait for the day it is deployed.
    Expected<ConfigValue> with_environment(ConfigValue top, const std::string& environment) {
        const std::string_view section = environments_key(m_source.dialect);
        const ConfigValue* tables = m_source.table.find(section);
        std::vector<std::string> names;
        std::optional<ConfigValue> chosen;
        ConfigPosition position;
        if (tables && tables->kind != ConfigValue::Kind::table) {
            return std::unexpected(m_source.document.error_at(
                tables->position,
                fmt::format("{} must be a table, not {}", section, describe(tables->kind))));
        }
        for (const ConfigMember& member : tables ? tables->members : std::vector<ConfigMember>()) {
            Expected<ConfigValue> checked = environment_table(member, member.key == environment);
            if (!checked) {
                return checked;
            }
            names.push_back(member.key);
            if (member.key == environment) {
                position = member.key_position;
                chosen = std::move(*checked);
            }
        }
        if (environment.empty()) {
            return top;
        }
        if (!chosen) {
            return unknown_environment(environment, names);
        }
        return merge(std::move(top), std::move(*chosen), environment, position);
    }

    Expected<ConfigValue> environment_table(const ConfigMember& member, bool chosen) {
        const std::string path =
            fmt::format("{}.{}", environments_key(m_source.dialect), member.key);
        if (member.value.kind != ConfigValue::Kind::table) {
            return std::unexpected(m_source.document.error_at(
                member.value.position,
                fmt::format("{} must be a table, not {}", shown_table(m_source.dialect, path),
                            describe(member.value.kind))));
        }
        // `staging` in the Worker's name: the same characters.
        const bool usable = !member.key.empty() && std::ranges::all_of(member.key, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                   (c >= 'A' && c <= 'Z');
        });
        if (!usable) {
            return std::unexpected(m_source.document.error_at(
                member.key_position,
                fmt::format("`{}` cannot be the name of an environment", printable(member.key)),
                "use letters, digits and -"));
        }
        std::vector<std::string> unheard;
        Normalizer normalizer(m_source.document, m_source.dialect, chosen ? m_warnings : unheard);
        warn_about_foreign_keys(member.value, normalizer);
        return normalizer.table(member.value, worker_fields(Inherit::no), path, m_ignored);
    }

    [[nodiscard]] std::unexpected<Error>
    unknown_environment(const std::string& environment,
                        const std::vector<std::string>& names) const {
        const auto meant = closest_match(environment, names);
        return std::unexpected(m_source.document.error_at(
            {},
            fmt::format("{} has no environment `{}`{}", m_source.document.file,
                        printable(environment),
                        meant ? fmt::format("; did you mean `{}`?", *meant) : ""),
            names.empty()
                ? fmt::format("add {}",
                              shown_table(m_source.dialect,
                                          fmt::format("{}.{}", environments_key(m_source.dialect),
                                                      printable(environment))))
                : "it has " + join(names, ", ")));
    }

    ConfigValue merge(ConfigValue top, ConfigValue chosen, const std::string& environment,
                      ConfigPosition position) {
        std::vector<std::string> missing;
        for (ConfigMember& member : top.members) {
            if (chosen.find(member.key)) {
                continue;
            }
            const auto key = std::ranges::find(
                worker_keys(), member.key, [](const WorkerKey& each) { return each.field.key; });
            // `routes` takes the place of the top level's `route`, and the other way round.
            const bool replaced = (member.key == "route" && chosen.find("routes")) ||
                                  (member.key == "routes" && chosen.find("route"));
            if (key->inherit == Inherit::no) {
                missing.push_back(fmt::format("`{}`", shown_key(m_source.dialect, member.key)));
            } else if (member.key == "name") {
                ConfigMember name = member;
                name.value.text += "-" + environment;
                chosen.members.push_back(std::move(name));
            } else if (!replaced) {
                if (member.key == "routes" || member.key == "route") {
                    warn_about_domains(member, environment, position);
                }
                chosen.members.push_back(std::move(member));
            }
        }
        if (!missing.empty()) {
            warn(position,
                 fmt::format("the environment {} has no {}: what an environment can use it must "
                             "say itself",
                             environment, join(missing, ", ")));
        }
        return chosen;
    }

    void warn_about_domains(const ConfigMember& routes, const std::string& environment,
                            ConfigPosition position) {
        std::vector<ConfigValue> all = routes.value.items;
        all.push_back(routes.value); // `route`
        for (const ConfigValue& route : all) {
            const ConfigValue* custom = route.find("custom_domain");
            if (custom && custom->boolean) {
                warn(position,
                     fmt::format("the environment {} inherits the custom domain {}: deploying it "
                                 "takes the domain away from the top level; add its own `routes`",
                                 environment, route.text_of("pattern")));
            }
        }
    }

    void warn(ConfigPosition position, std::string_view message) {
        m_warnings.push_back(
            fmt::format("{}:{}: {}", m_source.document.file, position.line, message));
    }

    const WorkerSource& m_source;
    std::vector<std::string>& m_warnings;
    std::vector<std::string_view> m_ignored;
};

} // namespace

std::string_view environments_key(Dialect dialect) {
    return dialect == Dialect::pyproject ? "environments" : "env";
}

Expected<ConfigValue> resolve_environment(const WorkerSource& source,
                                          const std::string& environment,
                                          std::vector<std::string>& warnings) {
    return Resolver(source, warnings).run(environment);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/project/packaging_config.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/project/names.hpp"
#include "core/project/toml.hpp"

namespace pymode {
namespace {

using Kind = ConfigValue::Kind;
using namespace std::string_view_literals;

constexpr std::array<std::pair<std::string_view, pep::PrereleasePolicy>, 4> kPrereleaseWords{{
    {"if-necessary-or-explicit", pep::PrereleasePolicy::if_needed},
    {"explicit", pep::PrereleasePolicy::if_named},
    {"allow", pep::PrereleasePolicy::allow},
    {"disallow", pep::PrereleasePolicy::disallow},
}};

// Every function returns false after it has noted the error, as those of config.cpp do.
class PackagingReader {
  public:
    PackagingReader(const ConfigDocument& document, const ConfigValue& table,
                    std::vector<std::string>& warnings)
        : m_document(document), m_table(table), m_warnings(warnings) {}

    Expected<PackagingConfig> read() {
        const bool ok = read_indexes() && read_sources() &&
                        read_list("find-links", m_config.find_links) &&
                        read_requirements("constraints", m_config.constraints) &&
                        read_requirements("overrides", m_config.overrides) && read_prerelease() &&
                        read_word("resolution", is_resolution_mode, m_config.resolution,
                                  "highest, lowest or lowest-direct") &&
                        read_word("index-strategy", is_index_strategy, m_config.index_strategy,
                                  "first-index, unsafe-first-match or unsafe-best-match") &&
                        read_exclude_newer() && read_flag("wheelhouse", m_config.wheelhouse) &&
                        read_flag("trim", m_config.trim) && read_emscripten() && read_groups();
        if (!ok) {
            return std::unexpected(std::move(m_error));
        }
        return std::move(m_config);
    }

  private:
    bool error(ConfigPosition position, std::string message, std::string hint = "") {
        m_error = m_document.error_at(position, std::move(message), std::move(hint));
        return false;
    }

    bool expect(const ConfigValue& value, Kind kind, std::string_view name) {
        return value.kind == kind ||
               error(value.position, fmt::format("{} must be {}, not {}", name, describe(kind),
                                                 describe(value.kind)));
    }

    void warn_unknown_keys(const ConfigValue& table, std::span<const std::string> known,
                           std::string_view name) {
        for (const ConfigMember& member : table.members) {
            if (std::ranges::find(known, member.key) == known.end()) {
                const auto meant = closest_match(member.key, known);
                m_warnings.push_back(fmt::format(
                    "{}:{}: unknown key `{}` in {}{}", m_document.file, member.key_position.line,
                    member.key, name, meant ? fmt::format("; did you mean `{}`?", *meant) : ""));
            }
        }
    }

    bool read_text(const ConfigValue& table, std::string_view key, std::string& into) {
        const ConfigValue* value = table.find(key);
        if (value && !expect(*value, Kind::string, key)) {
            return false;
        }
        into = value ? value->text : into;
        return true;
    }

    bool read_flag(const ConfigValue& table, std::string_view key, bool& into) {
        const ConfigValue* value = table.find(key);
        if (value && !expect(*value, Kind::boolean, key)) {
            return false;
        }
        into = value ? value->boolean : into;
        return true;
    }
    bool read_flag(std::string_view key, bool& into) { return read_flag(m_table, key, into); }

    bool read_list(std::string_view key, std::vector<std::string>& into) {
        const ConfigValue* value = m_table.find(key);
        if (!value) {
            return true;
        }
        if (!expect(*value, Kind::array, key)) {
            return false;
        }
        for (const ConfigValue& item : value->items) {
            if (!expect(item, Kind::string, fmt::format("every item of {}", key))) {
                return false;
            }
            into.push_back(item.text);
        }
        return true;
    }

    bool read_requirements(std::string_view key, std::vector<pep::Requirement>& into) {
        std::vector<std::string> texts;
        if (!read_list(key, texts)) {
            return false;
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            auto requirement = pep::Requirement::parse(texts[i]);
            if (!requirement) {
                return error(m_table.find(key)->items[i].position, requirement.error().message);
            }
            into.push_back(std::move(*requirement));
        }
        return true;
    }

    bool read_word(std::string_view key, bool (*is_word)(std::string_view), std::string& into,
                   std::string_view words) {
        if (!read_text(m_table, key, into)) {
            return false;
        }
        return into.empty() || is_word(into) ||
               error(m_table.find(key)->position, fmt::format("{} cannot be `{}`", key, into),
                     fmt::format("use {}", words));
    }

    bool read_prerelease() {
        std::string text;
        if (!read_text(m_table, "prerelease", text) || text.empty()) {
            return m_error.message.empty();
        }
        m_config.prerelease = parse_prerelease(text);
        return m_config.prerelease ||
               error(m_table.find("prerelease")->position,
                     fmt::format("prerelease cannot be `{}`", text),
                     "use if-necessary-or-explicit, explicit, allow or disallow");
    }

    bool read_exclude_newer() {
        const ConfigValue* value = m_table.find("exclude-newer");
        if (!value) {
            return true;
        }
        if (value->kind != Kind::datetime && !expect(*value, Kind::string, "exclude-newer")) {
            return false;
        }
        const auto moment = parse_moment(value->text);
        if (!moment) {
            return error(value->position,
                         fmt::format("exclude-newer `{}` is no moment", value->text),
                         "write a date (\"2026-01-31\") or a moment (\"2026-01-31T12:00:00Z\")");
        }
        m_config.exclude_newer = *moment;
        return true;
    }

    bool read_emscripten() {
        bool wanted = false;
        return read_flag("emscripten-wheels", wanted) &&
               (!wanted || error(m_table.find("emscripten-wheels")->position,
                                 "wheels of the Emscripten ABI cannot be loaded yet",
                                 "a later version will; leave emscripten-wheels out"));
    }

    bool read_groups() {
        std::vector<std::string> names;
        if (!read_list("default-groups", names)) {
            return false;
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!pep::is_valid_name(names[i])) {
                return error(m_table.find("default-groups")->items[i].position,
                             fmt::format("`{}` cannot be the name of a group", names[i]));
            }
            m_config.default_groups.push_back(pep::normalize_name(names[i]));
        }
        return true;
    }

    bool read_indexes() {
        const ConfigValue* list = m_table.find("index");
        if (!list) {
            return true;
        }
        if (list->kind != Kind::array) {
            return error(list->position, "index must be an array of tables",
                         "write [[tool.pymode.index]] with two brackets");
        }
        return std::ranges::all_of(list->items,
                                   [&](const ConfigValue& item) { return read_index(item); });
    }

    bool read_index(const ConfigValue& table) {
        if (!expect(table, Kind::table, "every item of index")) {
            return false;
        }
        static const std::array<std::string, 4> kKeys = {"default", "explicit", "name", "url"};
        warn_unknown_keys(table, kKeys, "[[tool.pymode.index]]");
        IndexSetting index;
        if (!read_text(table, "name", index.name) || !read_text(table, "url", index.url) ||
            !read_flag(table, "explicit", index.explicit_only) ||
            !read_flag(table, "default", index.is_default)) {
            return false;
        }
        if (index.url.empty()) {
            return error(table.position, "this index has no url");
        }
        const auto scheme = [&](std::string_view text) { return index.url.starts_with(text); };
        if (!scheme("https://") && !scheme("http://") && !scheme("file://")) {
            return error(table.find("url")->position,
                         "the url of an index must begin with https://",
                         "a folder of wheels goes into find-links");
        }
        if (index.explicit_only && index.name.empty()) {
            return error(table.position, "an explicit index needs a name",
                         "without one nothing in [tool.pymode.sources] can refer to it");
        }
        for (const IndexSetting& other : m_config.indexes) {
            if (!index.name.empty() && other.name == index.name) {
                return error(table.find("name")->position,
                             fmt::format("there are two indexes called `{}`", index.name));
            }
            if (index.is_default && other.is_default) {
                return error(table.find("default")->position, "two indexes are the default");
            }
        }
        m_config.indexes.push_back(std::move(index));
        return true;
    }

    bool read_sources() {
        const ConfigValue* table = m_table.find("sources");
        if (!table) {
            return true;
        }
        return expect(*table, Kind::table, "[tool.pymode.sources]") &&
               std::ranges::all_of(table->members,
                                   [&](const ConfigMember& member) { return read_source(member); });
    }

    bool read_source(const ConfigMember& member) {
        if (!pep::is_valid_name(member.key)) {
            return error(member.key_position,
                         fmt::format("`{}` is no name of a package", member.key));
        }
        SourceSetting source{pep::normalize_name(member.key), "", "", ""};
        const ConfigValue& value = member.value;
        if (value.kind == Kind::string) {
            source.index = value.text;
        } else {
            if (!expect(value, Kind::table, fmt::format("the source of {}", member.key))) {
                return false;
            }
            static const std::array<std::string, 3> kKeys = {"index", "path", "url"};
            warn_unknown_keys(value, kKeys, fmt::format("the source of {}", member.key));
            if (!read_text(value, "index", source.index) ||
                !read_text(value, "path", source.path) || !read_text(value, "url", source.url)) {
                return false;
            }
        }
        const int said = (source.index.empty() ? 0 : 1) + (source.path.empty() ? 0 : 1) +
                         (source.url.empty() ? 0 : 1);
        if (said != 1) {
            return error(
                value.position,
                fmt::format("the source of {} must say one of index, path and url", member.key));
        }
        if (!source.index.empty() &&
            std::ranges::find(m_config.indexes, source.index, &IndexSetting::name) ==
                m_config.indexes.end()) {
            return error(value.position, fmt::format("there is no index called `{}`", source.index),
                         "[[tool.pymode.index]] gives an index its name");
        }
        m_config.sources.push_back(std::move(source));
        return true;
    }

    const ConfigDocument& m_document;
    const ConfigValue& m_table;
    std::vector<std::string>& m_warnings;
    PackagingConfig m_config;
    Error m_error;
};

} // namespace

const std::vector<std::string>& packaging_keys() {
    static const std::vector<std::string> keys{
        "constraints", "default-groups", "emscripten-wheels", "exclude-newer", "find-links",
        "index",       "index-strategy", "overrides",         "prerelease",    "resolution",
        "sources",     "trim",           "wheelhouse"};
    return keys;
}

std::optional<pep::PrereleasePolicy> parse_prerelease(std::string_view text) {
    for (const auto& [word, policy] : kPrereleaseWords) {
        if (word == text) {
            return policy;
        }
    }
    return std::nullopt;
}

std::string_view prerelease_word(pep::PrereleasePolicy policy) {
    for (const auto& [word, each] : kPrereleaseWords) {
        if (each == policy) {
            return word;
        }
    }
    return "";
}

bool is_resolution_mode(std::string_view text) {
    return text == "highest" || text == "lowest" || text == "lowest-direct";
}

bool is_index_strategy(std::string_view text) {
    return text == "first-index" || text == "unsafe-first-match" || text == "unsafe-best-match";
}

std::optional<std::string> parse_moment(std::string_view text) {
    const std::string_view date = text.substr(0, 10);
    if (!is_date(date)) {
        return std::nullopt;
    }
    if (text.size() == 10) {
        return std::string(text) + "T23:59:59Z";
    }
    // HH:MM:SS with an optional fraction; only UTC, so that texts compare as moments do.
    const std::string_view time = text.substr(10);
    constexpr std::string_view pattern = "T00:00:00";
    if (time.size() < pattern.size() + 1 || (time[0] != 'T' && time[0] != 't' && time[0] != ' ')) {
        return std::nullopt;
    }
    for (std::size_t i = 1; i < pattern.size(); ++i) {
        const bool digit = time[i] >= '0' && time[i] <= '9';
        if (pattern[i] == ':' ? time[i] != ':' : !digit) {
            return std::nullopt;
        }
    }
    const std::string_view zone = time.substr(pattern.size());
    if (zone != "Z" && zone != "z" && zone != "+00:00") {
        const std::size_t end = zone.find_first_not_of("0123456789", 1);
        if (!zone.starts_with('.') || end == std::string_view::npos || end < 2 ||
            (zone.substr(end) != "Z" && zone.substr(end) != "+00:00")) {
            return std::nullopt;
        }
    }
    return std::string(date) + "T" + std::string(time.substr(1, pattern.size() - 1)) + "Z";
}

Expected<PackagingConfig> read_packaging_config(const ConfigDocument& document,
                                                const ConfigValue& table,
                                                std::vector<std::string>& warnings) {
    return PackagingReader(document, table, warnings).read();
}

} // namespace pymode

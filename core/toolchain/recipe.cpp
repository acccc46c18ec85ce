// SPDX-License-Identifier: MIT
#include "core/toolchain/recipe.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

#include <fmt/format.h>

#include "core/base/archive.hpp"
#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/version.hpp"
#include "core/project/names.hpp"
#include "core/project/toml.hpp"

namespace pymode {
namespace {

using Kind = ConfigValue::Kind;
using Keys = std::initializer_list<std::string_view>;

constexpr std::array<std::string_view, 10> kCompiledSources = {
    ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".o"};
constexpr std::string_view kExtensionSuffix = ".cpython-313-wasm32-wasi.so";

bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_dotted_name(std::string_view name) {
    return std::ranges::all_of(split(name, '.'), is_identifier);
}

// A path below the sources; "." is the sources themselves.
bool is_source_path(std::string_view path) {
    if (path.starts_with('@')) {
        path.remove_prefix(1);
    }
    return path == "." || check_archive_path(path).has_value();
}

// Every function returns false after it has noted the error, so that the sequence of reads stops
// at the first one.
class RecipeReader {
  public:
    explicit RecipeReader(const ConfigDocument& document) : m_document(document) {}

    Expected<Recipe> read() {
        const ConfigValue& root = m_document.root;
        const bool ok = known_keys(root, {"name", "version", "license", "vendored", "license-files",
                                          "sdist", "python", "module", "edit", "test"}) &&
                        text(root, "name", m_recipe.name) &&
                        text(root, "version", m_recipe.version) &&
                        text(root, "license", m_recipe.license) && names() &&
                        list(root, "vendored", m_recipe.vendored, false) &&
                        list(root, "license-files", m_recipe.license_files, true) && sdist() &&
                        python() && modules() && edits() && test() && vendored_names();
        if (!ok) {
            return std::unexpected(std::move(m_error));
        }
        return std::move(m_recipe);
    }

  private:
    bool error(ConfigPosition position, std::string message, std::string hint = "") {
        m_error = m_document.error_at(position, std::move(message), std::move(hint));
        return false;
    }

    bool known_keys(const ConfigValue& table, Keys known) {
        for (const ConfigMember& member : table.members) {
            if (std::ranges::find(known, member.key) == known.end()) {
                return error(member.key_position, fmt::format("unknown key `{}`", member.key));
            }
        }
        return true;
    }

    bool expect(const ConfigValue& value, Kind kind, std::string_view key) {
        return value.kind == kind ||
               error(value.position, fmt::format("`{}` must be {}, not {}", key, describe(kind),
                                                 describe(value.kind)));
    }

    // A text that has to be there.
    bool text(const ConfigValue& table, std::string_view key, std::string& into) {
        const ConfigValue* value = table.find(key);
        if (!value) {
            return error(table.position, fmt::format("`{}` is missing", key));
        }
        if (!expect(*value, Kind::string, key)) {
            return false;
        }
        into = value->text;
        return !into.empty() || error(value->position, fmt::format("`{}` is empty", key));
    }

    bool list(const ConfigValue& table, std::string_view key, std::vector<std::string>& into,
              bool paths) {
        const ConfigValue* value = table.find(key);
        if (!value) {
            return true;
        }
        if (!expect(*value, Kind::array, key)) {
            return false;
        }
        for (const ConfigValue& item : value->items) {
            if (!expect(item, Kind::string, key)) {
                return false;
            }
            if (paths && !is_source_path(item.text)) {
                return error(item.position, fmt::format("`{}` is no path inside the sources",
                                                        printable(item.text)));
            }
            into.push_back(item.text);
        }
        return true;
    }

    bool names() {
        if (!pep::is_normalized_name(m_recipe.name)) {
            return error(m_document.root.find("name")->position,
                         fmt::format("`{}` is no normalised name", printable(m_recipe.name)),
                         "lower case, with single dashes");
        }
        if (!pep::Version::parse(m_recipe.version)) {
            return error(m_document.root.find("version")->position,
                         fmt::format("`{}` is no version", printable(m_recipe.version)));
        }
        return true;
    }

    bool sdist() {
        const ConfigValue* table = m_document.root.find("sdist");
        if (!table) {
            return true;
        }
        RecipeSdist sdist;
        if (!expect(*table, Kind::table, "sdist") ||
            !known_keys(*table, {"file", "sha256", "size"}) || !text(*table, "file", sdist.file) ||
            !text(*table, "sha256", sdist.sha256)) {
            return false;
        }
        const ConfigValue* size = table->find("size");
        if (!size || size->kind != Kind::integer || size->integer <= 0) {
            return error(table->position, "[sdist] needs `size`, in bytes");
        }
        if (!is_sha256(sdist.sha256)) {
            return error(table->find("sha256")->position,
                         "`sha256` wants 64 lower-case hex digits");
        }
        if (!sdist.file.ends_with(".tar.gz") || sdist.file.find('/') != std::string::npos) {
            return error(table->find("file")->position, "`file` names a .tar.gz");
        }
        sdist.size = static_cast<std::uint64_t>(size->integer);
        m_recipe.sdist = std::move(sdist);
        return true;
    }

    bool python() {
        const ConfigValue* table = m_document.root.find("python");
        if (!table) {
            return error({}, "[python] is missing: which packages belong to the wheel?");
        }
        if (!expect(*table, Kind::table, "python") ||
            !known_keys(*table, {"root", "packages", "exclude"}) ||
            (table->find("root") && !text(*table, "root", m_recipe.root)) ||
            !list(*table, "packages", m_recipe.packages, true) ||
            !list(*table, "exclude", m_recipe.exclude, false)) {
            return false;
        }
        if (!is_source_path(m_recipe.root)) {
            return error(table->find("root")->position, "`root` is no path inside the sources");
        }
        return !m_recipe.packages.empty() || error(table->position, "[python] names no `packages`");
    }

    bool modules() {
        const ConfigValue* array = m_document.root.find("module");
        if (!array || array->kind != Kind::array || array->items.empty()) {
            return error({}, "there is no [[module]]: a package without C needs no recipe");
        }
        return std::ranges::all_of(array->items,
                                   [this](const ConfigValue& table) { return module(table); });
    }

    bool module(const ConfigValue& table) {
        RecipeModule module;
        if (!expect(table, Kind::table, "module") ||
            !known_keys(table, {"name", "sources", "include", "flags"}) ||
            !text(table, "name", module.name) || !list(table, "sources", module.sources, true) ||
            !list(table, "include", module.include, true) ||
            !list(table, "flags", module.flags, false)) {
            return false;
        }
        if (!is_dotted_name(module.name)) {
            return error(table.find("name")->position,
                         fmt::format("`{}` is no module's name", printable(module.name)));
        }
        if (module.sources.empty()) {
            return error(table.position, fmt::format("{} names no `sources`", module.name));
        }
        m_recipe.modules.push_back(std::move(module));
        return true;
    }

    bool edits() {
        const ConfigValue* array = m_document.root.find("edit");
        if (!array) {
            return true;
        }
        return expect(*array, Kind::array, "edit") &&
               std::ranges::all_of(array->items,
                                   [this](const ConfigValue& table) { return edit(table); });
    }

    bool edit(const ConfigValue& table) {
        RecipeEdit edit;
        if (!expect(table, Kind::table, "edit") ||
            !known_keys(table, {"file", "find", "replace", "reason"}) ||
            !text(table, "file", edit.file) || !text(table, "find", edit.find) ||
            !text(table, "reason", edit.reason)) {
            return false;
        }
        const ConfigValue* replace = table.find("replace");
        if (!replace || !expect(*replace, Kind::string, "replace")) {
            return replace ? false : error(table.position, "`replace` is missing");
        }
        if (!is_source_path(edit.file)) {
            return error(table.position, "`file` is no path inside the sources");
        }
        edit.replace = replace->text;
        m_recipe.edits.push_back(std::move(edit));
        return true;
    }

    bool test() {
        const ConfigValue* table = m_document.root.find("test");
        return !table || (expect(*table, Kind::table, "test") && known_keys(*table, {"code"}) &&
                          text(*table, "code", m_recipe.test));
    }

    // What "@libyaml/…" names has to be in `vendored`.
    bool vendored_names() {
        for (const RecipeModule& module : m_recipe.modules) {
            for (const auto* paths : {&module.sources, &module.include}) {
                if (!std::ranges::all_of(*paths, [this](const auto& p) { return is_known(p); })) {
                    return false;
                }
            }
        }
        return std::ranges::all_of(m_recipe.license_files,
                                   [this](const auto& path) { return is_known(path); });
    }

    bool is_known(std::string_view path) {
        if (!path.starts_with('@')) {
            return true;
        }
        const std::string_view name = path.substr(1, path.find('/') - 1);
        return std::ranges::find(m_recipe.vendored, name) != m_recipe.vendored.end() ||
               error({},
                     fmt::format("{} lies in `{}`, which `vendored` does not name", path, name));
    }

    const ConfigDocument& m_document;
    Recipe m_recipe;
    Error m_error;
};

} // namespace

bool is_compiled_source(std::string_view path) {
    return std::ranges::any_of(kCompiledSources,
                               [&](std::string_view suffix) { return path.ends_with(suffix); });
}

Expected<Recipe> parse_recipe(std::string file, std::string text) {
    const Expected<ConfigDocument> document = parse_toml(std::move(file), std::move(text));
    if (!document) {
        return propagate(document);
    }
    return RecipeReader(*document).read();
}

std::string module_path(const RecipeModule& module) {
    return replace_all(module.name, ".", "/") + std::string(kExtensionSuffix);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// The recipe of a folder that has none: setuptools' table of extension modules says the same.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/project_table.hpp"
#include "core/pep/value.hpp"
#include "core/toolchain/recipe.hpp"

namespace pymode {
namespace {

constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr std::string_view kFile = "pyproject.toml";
constexpr std::string_view kHint = "write a recipe.toml beside pyproject.toml (docs/recipes.md)";

std::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::config, fmt::format("{}: {}", kFile, message), std::string(kHint));
}

const pep::Value* find(const pep::Value& table, std::string_view key) {
    const auto found = table.find(key);
    return found == table.end() ? nullptr : &*found;
}

// [[tool.setuptools.ext-modules]], or nothing.
const pep::Value* extension_table(const pep::Value& document) {
    const pep::Value* at = &document;
    for (const std::string_view key : {"tool", "setuptools", "ext-modules"}) {
        at = at->is_object() ? find(*at, key) : nullptr;
        if (!at) {
            return nullptr;
        }
    }
    return at;
}

Expected<std::vector<std::string>> strings(const pep::Value& table, std::string_view key) {
    std::vector<std::string> texts;
    const pep::Value* list = find(table, key);
    if (!list) {
        return texts;
    }
    if (!list->is_array() ||
        !std::ranges::all_of(*list, [](const pep::Value& v) { return v.is_string(); })) {
        return wrong(fmt::format("ext-modules: `{}` is no list of texts", key));
    }
    return list->get<std::vector<std::string>>();
}

Expected<> add_macros(const pep::Value& table, RecipeModule& module) {
    const pep::Value* macros = find(table, "define-macros");
    if (!macros) {
        return {};
    }
    for (const pep::Value& macro : *macros) {
        if (!macro.is_array() || macro.empty() || macro.size() > 2 || !macro[0].is_string() ||
            (macro.size() == 2 && !macro[1].is_string())) {
            return wrong("ext-modules: `define-macros` wants pairs of texts");
        }
        module.flags.push_back("-D" + macro[0].get<std::string>() +
                               (macro.size() == 2 ? "=" + macro[1].get<std::string>() : ""));
    }
    return {};
}

// Only what means the same here; a library of the machine cannot be linked into a Worker.
Expected<> check_keys(const pep::Value& table) {
    static constexpr std::array<std::string_view, 9> kKnown = {
        "name",     "sources", "include-dirs",   "define-macros", "extra-compile-args",
        "language", "depends", "py-limited-api", "optional"};
    for (const auto& [key, value] : table.items()) {
        if (std::ranges::find(kKnown, key) == kKnown.end()) {
            return wrong(fmt::format("ext-modules: `{}` has no meaning for a Worker", key));
        }
    }
    return {};
}

Expected<RecipeModule> extension(const pep::Value& table) {
    if (!table.is_object() || !find(table, "name") || !find(table, "name")->is_string()) {
        return wrong("ext-modules: an entry has no `name`");
    }
    if (Expected<> known = check_keys(table); !known) {
        return propagate(known);
    }
    RecipeModule module;
    module.name = find(table, "name")->get<std::string>();
    auto sources = strings(table, "sources");
    auto include = strings(table, "include-dirs");
    auto flags = strings(table, "extra-compile-args");
    for (const auto* list : {&sources, &include, &flags}) {
        if (!*list) {
            return propagate(*list);
        }
    }
    module.sources = *std::move(sources);
    module.include = *std::move(include);
    module.flags = *std::move(flags);
    if (Expected<> added = add_macros(table, module); !added) {
        return propagate(added);
    }
    return module;
}

// Where setuptools' own discovery would look: src/ if there is one, else the folder itself. A
// package belongs to the wheel when an extension lies in it.
void find_packages(const fs::path& folder, Recipe& recipe) {
    std::error_code error;
    recipe.root = fs::is_directory(folder / "src", error) ? "src" : ".";
    std::set<std::string> names;
    for (const RecipeModule& module : recipe.modules) {
        names.insert(module.name.substr(0, module.name.find('.')));
    }
    for (const std::string& name : names) {
        if (fs::is_directory(folder / recipe.root / name, error)) {
            recipe.packages.push_back(name);
        }
    }
}

// The recipe as its own parser would accept it: what a path or a name may be is decided there.
Expected<Recipe> checked(const Recipe& recipe) {
    const auto list = [](const std::vector<std::string>& texts) {
        return pep::to_inline_toml(pep::Value(texts));
    };
    const auto text = [](const std::string& value) { return pep::to_inline_toml(value); };
    std::string toml =
        fmt::format("name = {}\nversion = {}\nlicense = {}\n[python]\nroot = {}\npackages = {}\n",
                    text(recipe.name), text(recipe.version), text(recipe.license),
                    text(recipe.root), list(recipe.packages));
    for (const RecipeModule& module : recipe.modules) {
        toml += fmt::format("[[module]]\nname = {}\nsources = {}\ninclude = {}\nflags = {}\n",
                            text(module.name), list(module.sources), list(module.include),
                            list(module.flags));
    }
    return parse_recipe(std::string(kFile), std::move(toml));
}

Expected<Recipe> from_pyproject(const fs::path& folder, std::string text) {
    const Expected<pep::Value> document = pep::parse_toml_value(kFile, text);
    if (!document) {
        return propagate(document);
    }
    const pep::Value* extensions = extension_table(*document);
    if (!extensions || !extensions->is_array() || extensions->empty()) {
        return wrong("it names no extension modules ([[tool.setuptools.ext-modules]]); a setup.py "
                     "is never run");
    }
    if (!document->contains("project")) {
        return wrong("there is no [project] table");
    }
    const Expected<pep::ProjectTable> project = pep::read_project_table((*document)["project"]);
    if (!project) {
        return propagate(project);
    }
    if (!project->version) {
        return wrong("[project] has no `version`");
    }
    Recipe recipe;
    recipe.name = pep::normalize_name(project->name);
    recipe.version = project->version->to_string();
    recipe.license = "LicenseRef-Unknown"; // nothing here depends on it
    for (const pep::Value& table : *extensions) {
        Expected<RecipeModule> module = extension(table);
        if (!module) {
            return propagate(module);
        }
        recipe.modules.push_back(*std::move(module));
    }
    find_packages(folder, recipe);
    if (recipe.packages.empty()) {
        return wrong("the extension modules lie in no package");
    }
    return checked(recipe);
}

} // namespace

Expected<Recipe> read_folder_recipe(const fs::path& folder) {
    Expected<std::string> own = read_text_file(folder / "recipe.toml", kMaxBytes);
    if (own) {
        return parse_recipe((folder / "recipe.toml").string(), *std::move(own));
    }
    if (own.error().code != ErrorCode::not_found) {
        return propagate(own);
    }
    Expected<std::string> project = read_text_file(folder / kFile, kMaxBytes);
    if (!project) {
        return propagate(
            project, fmt::format("{} holds neither recipe.toml nor {}", folder.string(), kFile));
    }
    return from_pyproject(folder, *std::move(project));
}

} // namespace pymode

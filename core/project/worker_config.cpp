// SPDX-License-Identifier: MIT
#include "core/project/worker_config.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace pymode {
namespace {

using Names = std::set<std::string, std::less<>>;

// The names below a key of a migration's step: of texts, or of tables with `field`.
std::vector<std::string> names_in(const ConfigValue& step, std::string_view key,
                                  std::string_view field = "") {
    std::vector<std::string> names;
    if (const ConfigValue* list = step.find(key)) {
        for (const ConfigValue& item : list->items) {
            names.push_back(field.empty() ? item.text : item.text_of(field));
        }
    }
    return names;
}

void apply(const ConfigValue& step, Names& classes) {
    for (const char* key : {"new_classes", "new_sqlite_classes"}) {
        std::ranges::copy(names_in(step, key), std::inserter(classes, classes.end()));
    }
    for (const std::string& name : names_in(step, "deleted_classes")) {
        classes.erase(name);
    }
    for (const char* key : {"renamed_classes", "transferred_classes"}) {
        for (const std::string& name : names_in(step, key, "from")) {
            classes.erase(name);
        }
        std::ranges::copy(names_in(step, key, "to"), std::inserter(classes, classes.end()));
    }
}

} // namespace

std::size_t WorkerConfig::env_size() const {
    return vars.size() + bindings.size() + unsafe_bindings.size() +
           (assets && !assets->binding.empty() ? 1 : 0);
}

std::vector<std::string> WorkerConfig::object_classes() const {
    Names classes;
    for (const Migration& migration : migrations) {
        apply(migration.step, classes);
    }
    for (const Binding& binding : bindings) {
        const std::string script = binding.text("script_name");
        if (binding.kind->type == "durable_object_namespace" &&
            (script.empty() || script == name)) {
            classes.insert(binding.text("class_name"));
        }
    }
    return {classes.begin(), classes.end()};
}

const Binding* WorkerConfig::find_binding(std::string_view binding) const {
    const auto found = std::ranges::find(bindings, binding, &Binding::name);
    return found == bindings.end() ? nullptr : &*found;
}

} // namespace pymode

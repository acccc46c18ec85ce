// SPDX-License-Identifier: MIT
#include "core/toolchain/recipe.hpp"
#include "core/base/archive.hpp"
#include "core/pep/name.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto recipe = parse_recipe("recipe.toml", std::string(fuzz::text_of(data, size)));
    if (!recipe) {
        fuzz::demand(recipe.error().code == ErrorCode::config, "what is refused is configuration");
        return 0;
    }
    fuzz::demand(pep::is_normalized_name(recipe->name), "the name is a package's");
    for (const RecipeModule& module : recipe->modules) {
        fuzz::demand(check_archive_path(module_path(module)).has_value(),
                     "a module goes to a safe path");
        fuzz::demand(!module.sources.empty(), "a module has sources");
    }
    for (const RecipeEdit& edit : recipe->edits) {
        fuzz::demand(!edit.find.empty(), "an edit looks for something");
    }
    return 0;
}

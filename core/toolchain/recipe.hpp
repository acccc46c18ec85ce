// SPDX-License-Identifier: MIT
// A recipe: how the C part of a package becomes side modules of our runtime. docs/recipes.md
// describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace pymode {

// The source distribution that the recipe was written for.
struct RecipeSdist {
    std::string file; // "markupsafe-3.0.4.tar.gz"
    std::string sha256;
    std::uint64_t size = 0;
};

// Paths are relative to the sources; "@libyaml/src/api.c" lies in the vendored source libyaml.
struct RecipeModule {
    std::string name;                 // "markupsafe._speedups"
    std::vector<std::string> sources; // C, C++ or Cython
    std::vector<std::string> include;
    std::vector<std::string> flags;
};

// A change to a file of the sources: `find` stands in it exactly once.
struct RecipeEdit {
    std::string file;
    std::string find;
    std::string replace;
    std::string reason;
};

struct Recipe {
    std::string name; // normalised
    std::string version;
    std::string license; // SPDX expression
    std::optional<RecipeSdist> sdist;
    std::vector<std::string> vendored;      // names of sources that the sdist does not bring
    std::vector<std::string> license_files; // beside those that the metadata names
    std::string root = ".";                 // where the packages lie
    std::vector<std::string> packages;      // folders and single modules ("six.py") below the root
    std::vector<std::string> exclude;       // patterns as in [tool.pymode] exclude
    std::vector<RecipeModule> modules;
    std::vector<RecipeEdit> edits;
    std::string test; // Python that checks the built package in a Worker; may be empty
};

// Files that no wheel gets, beside compiled sources: a Worker compiles nothing.
[[nodiscard]] bool is_compiled_source(std::string_view path);

// `file` is only used in messages. Unknown keys are errors.
[[nodiscard]] Expected<Recipe> parse_recipe(std::string file, std::string text);

// The recipe of a folder with sources: its recipe.toml, else what its pyproject.toml says of
// extension modules ([[tool.setuptools.ext-modules]]).
[[nodiscard]] Expected<Recipe> read_folder_recipe(const std::filesystem::path& folder);

// "markupsafe._speedups" → "markupsafe/_speedups.cpython-313-wasm32-wasi.so".
[[nodiscard]] std::string module_path(const RecipeModule& module);

} // namespace pymode

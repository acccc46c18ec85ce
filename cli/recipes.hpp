// SPDX-License-Identifier: MIT
// What the subcommands of `pymode recipe` share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "core/bundle/wheelhouse.hpp"
#include "core/packaging/package_source.hpp"
#include "core/toolchain/recipe_build.hpp"

namespace pymode {

struct RecipeBuildOptions {
    std::string recipe;                // a name or a path
    std::string out = ".";             // where the wheel goes
    std::string source;                // a folder or a source distribution
    std::vector<std::string> vendored; // NAME=FOLDER
    std::vector<std::string> find_links;
    std::string index; // the URL; empty: the default
    std::size_t jobs = 0;
};

// Builds the recipe that the options name. What is missing on the machine is an error that says how
// to get it.
Expected<BuiltWheel> build_named_recipe(const RecipeBuildOptions& options,
                                        const Wheelhouse& wheelhouse, CliContext& context);

// Where packages come from, for these commands: the wheelhouse, `find_links`, an index.
Expected<std::unique_ptr<PackageSource>> recipe_source(const std::vector<std::string>& find_links,
                                                       const std::string& index,
                                                       std::span<const EmbeddedWheel> wheelhouse,
                                                       CliContext& context);

// The bucket of these commands in the cache.
Expected<std::filesystem::path> recipe_cache(const CliContext& context);

void add_recipe_test_command(CLI::App& recipe, CliAction& chosen);

} // namespace pymode

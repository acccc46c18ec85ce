// SPDX-License-Identifier: MIT
// What several commands do with a project.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"
#include "core/bundle/bundle.hpp"
#include "core/project/project.hpp"

namespace pymode {

// Loads it and shows its warnings.
Expected<Project> load_with_warnings(CliContext& context, const std::filesystem::path& path,
                                     const LoadOptions& options = {});

// Adds --environment; what it says is `chosen`.
void add_environment_option(CLI::App& command, std::optional<std::string>& chosen);

// The option's environment, else that of CLOUDFLARE_ENV; empty: the top level, which an empty
// option chooses as well.
std::string environment_of(const CliContext& context, const std::optional<std::string>& chosen);

// The compiler of modules that belongs to this executable.
CompileFunction compiler(const CliContext& context);

// How a build compiles packages: kept in the cache of packages, with a status line.
BytecodeOptions package_bytecode(CliContext& context);

Expected<Bundle> build_project(CliContext& context, const Project& project,
                               const std::filesystem::path& output = {});

// "3 Python modules, 2 bindings": what a build says about itself.
std::string describe_bundle(const Project& project, const Bundle& bundle);

// A path as messages show it: relative when it lies below the working folder.
std::string shown_path(const std::filesystem::path& path);

} // namespace pymode

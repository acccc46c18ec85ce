// SPDX-License-Identifier: MIT
// A project as its configuration files describe it, checked.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/project/packaging_config.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

inline constexpr std::string_view kProjectFile = "pyproject.toml";

struct Project {
    std::filesystem::path root; // absolute; the folder of pyproject.toml
    WorkerConfig worker;
    std::vector<std::string> exclude; // patterns, see core/bundle/files.hpp
    // Compiled modules of the standard library that the bundle has in any case; "all": every one.
    std::vector<std::string> stdlib_modules;
    PackagingConfig packaging;
    bool has_dependencies = false;     // [project] dependencies names some
    std::vector<std::string> warnings; // to be shown, in the order of the file
};

struct LoadOptions {
    std::string main;        // in the place of the configuration's, relative to the project's root
    std::string environment; // empty: the top level
};

// The folder that holds the nearest pyproject.toml: `start` (a folder, or a file in one) or above.
Expected<std::filesystem::path> find_project_root(const std::filesystem::path& start);

// Reads and checks the project that `start` belongs to: its pyproject.toml, and wrangler's file
// beside it (see core/project/config.hpp for which of them describes the Worker).
Expected<Project> load_project(const std::filesystem::path& start, const LoadOptions& options = {});

// Where the project's packages are installed: `.pymode/site-packages.zip`.
std::filesystem::path site_packages_path(const Project& project);

// The dotted name of the entry module: "src/main.py" → "src.main".
std::string entry_module(const Project& project);

} // namespace pymode

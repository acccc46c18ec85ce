// SPDX-License-Identifier: MIT
// A project as its pyproject.toml describes it, checked.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/project/packaging_config.hpp"

namespace pymode {

// What a project gets that does not say: the newest date that the runtime was tested with.
inline constexpr std::string_view kDefaultCompatibilityDate = "2026-11-01";

inline constexpr std::string_view kProjectFile = "pyproject.toml";

// The variable that switches the runtime's development mode on; projects cannot set it.
inline constexpr std::string_view kDevVariable = "PYMODE_DEV";

struct Variable {
    enum class Kind { text, json };

    std::string name;
    Kind kind = Kind::text;
    std::string value; // the text itself, or one line of JSON

    bool operator==(const Variable&) const = default;
};

struct KvNamespace {
    std::string binding;
    std::string id; // empty: only `pymode dev` can use it

    bool operator==(const KvNamespace&) const = default;
};

struct Project {
    std::filesystem::path root; // absolute; the folder of pyproject.toml
    std::string name;           // the Worker's name
    std::string main;           // relative to root with '/': "src/main.py"
    std::string account_id;     // empty: CLOUDFLARE_ACCOUNT_ID or the token's only account
    std::string compatibility_date;
    std::vector<std::string> compatibility_flags;
    std::vector<Variable> vars; // sorted by name
    std::vector<KvNamespace> kv_namespaces;
    std::vector<std::string> exclude; // patterns, see core/bundle/files.hpp
    // Compiled modules of the standard library that the bundle has in any case; "all": every one.
    std::vector<std::string> stdlib_modules;
    PackagingConfig packaging;
    bool workers_dev = true;           // answer under <name>.<subdomain>.workers.dev
    bool has_dependencies = false;     // [project] dependencies names some
    std::vector<std::string> warnings; // to be shown, in the order of the file
};

// The folder that holds the nearest pyproject.toml: `start` (a folder, or a file in one) or above.
Expected<std::filesystem::path> find_project_root(const std::filesystem::path& start);

// Reads and checks the project that `start` belongs to. `main_override` takes the place of
// [tool.pymode] main when it is not empty (relative to the project's root).
Expected<Project> load_project(const std::filesystem::path& start,
                               std::string_view main_override = {});

// Where the project's packages are installed: `.pymode/site-packages.zip`.
std::filesystem::path site_packages_path(const Project& project);

// The dotted name of the entry module: "src/main.py" → "src.main".
std::string entry_module(const Project& project);

} // namespace pymode

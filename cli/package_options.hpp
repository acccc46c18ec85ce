// SPDX-License-Identifier: MIT
// The options that the package commands share.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/packaging/edit/pyproject_edit.hpp"

namespace pymode {

// Where packages come from.
struct SourceFlags {
    std::vector<std::string> index; // URL or NAME=URL
    std::string default_index;
    std::vector<std::string> extra_index_urls;
    std::vector<std::string> find_links;
    bool no_index = false;
    std::string index_strategy;
    bool offline = false;
    bool no_cache = false;
    bool refresh = false;
    bool no_wheelhouse = false;
    bool no_config = false;
    std::string cache_dir;
};

// How versions are chosen.
struct ResolveFlags {
    std::string prerelease;
    bool pre = false;
    std::string resolution;
    std::string exclude_newer;
    bool ignore_requires_python = false;
    bool require_hashes = false;
    bool upgrade = false;
    std::vector<std::string> upgrade_packages;
    std::vector<std::string> constraint_files;
    bool locked = false;
    bool frozen = false;
};

// Which parts of the project are installed, and how.
struct InstallFlags {
    std::vector<std::string> extras;
    bool all_extras = false;
    std::vector<std::string> groups;
    std::vector<std::string> only_groups;
    std::vector<std::string> no_groups;
    bool all_groups = false;
    bool no_default_groups = false;
    bool dev = false;
    bool no_dev = false;
    bool no_trim = false;
    bool no_verify_record = false;
    bool no_verify_metadata = false;
};

// Which list of pyproject.toml add and remove change, and what happens afterwards.
struct ListFlags {
    bool dev = false;
    std::string group;
    std::string optional;
    bool no_install = false;
};

struct PackageFlags {
    std::string project = ".";
    bool dry_run = false;
    SourceFlags source;
    ResolveFlags resolve;
    InstallFlags install;
    ListFlags list;
};

// Each adds its options to the command, in groups of their own on the help page.
void add_project_option(CLI::App& command, std::string& project);
// `direction`: "To" or "From", for the help page.
void add_list_options(CLI::App& command, PackageFlags& flags, std::string_view direction);
[[nodiscard]] edit::DependencyList list_of(const ListFlags& flags);
void add_source_options(CLI::App& command, SourceFlags& flags);
void add_resolve_options(CLI::App& command, ResolveFlags& flags);
void add_lock_mode_options(CLI::App& command, ResolveFlags& flags);
void add_install_options(CLI::App& command, InstallFlags& flags);
// What add and remove take of it: how to install, not what.
void add_archive_options(CLI::App& command, InstallFlags& flags);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Which files of a project travel to the Worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct ProjectFile {
    std::string path; // relative to the project's root, with '/'
    std::uint64_t size = 0;
};

// True when the pattern names `path` (relative, with '/') or a folder above it. `*` and `?` stay
// within one part of a path, `**` crosses them. A pattern without a slash names parts at any depth
// ("*.csv", "drafts"); one with a slash is matched from the root ("data/raw/**").
bool matches_pattern(std::string_view pattern, std::string_view path);

// Every file below the project's root but: names that begin with a dot (.git, .venv, .dev.vars,
// .env, .pymode …), node_modules, __pycache__ and .pyc files, virtual environments, bundles that
// an earlier build wrote, `output` if it lies inside, and what [tool.pymode] exclude names.
// Sorted by the bytes of the path. Links are followed to files of the project and refused when
// they lead anywhere else.
Expected<std::vector<ProjectFile>> collect_files(const Project& project,
                                                 const std::filesystem::path& output = {});

// True for a folder of the project that `collect_files` and the file watcher do not enter.
bool is_skipped_folder(const Project& project, const std::string& path);

} // namespace pymode

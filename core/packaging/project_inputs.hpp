// SPDX-License-Identifier: MIT
// What a project asks for: the requirements of its pyproject.toml and what [tool.pymode] says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/resolution.hpp"
#include "core/pep/specifier.hpp"
#include "core/project/packaging_config.hpp"

namespace pymode {

inline constexpr std::string_view kLockFileName = "pylock.toml";

struct ProjectInputs {
    std::filesystem::path root; // absolute; paths in the lock are relative to it
    std::string name;           // as written; empty when there is no [project]
    // Those of the project, then of every extra, then of every group, each in the file's order.
    // The project's own name with extras is replaced by what these extras require.
    std::vector<RootRequirement> requirements;
    std::vector<std::string> extras; // normalised, sorted
    std::vector<std::string> groups; // likewise
    std::optional<pep::SpecifierSet> requires_python;
    PackagingConfig config;
};

// `text` is the pyproject.toml in `root`. [tool.pymode.sources] with a path or url become URLs of
// the requirements. ErrorCode::config for everything that would change what is installed.
Expected<ProjectInputs> read_project_inputs(std::string_view text, std::filesystem::path root,
                                            PackagingConfig config);

// The same, with [tool.pymode] read from the text too; `warnings` gets what it warns about.
Expected<ProjectInputs> parse_project_inputs(std::string_view text, std::filesystem::path root,
                                             std::vector<std::string>& warnings);

// Reads the file in `root`, its configuration included; `warnings` gets what [tool.pymode] warns
// about. Needs no main module.
Expected<ProjectInputs> load_project_inputs(const std::filesystem::path& root,
                                            std::vector<std::string>& warnings);

// A text of everything in the inputs that a lock depends on: SHA-256 in hex. Holds for one target.
std::string inputs_digest(const ProjectInputs& inputs, const Target& target);

} // namespace pymode

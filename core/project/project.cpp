// SPDX-License-Identifier: MIT
#include "core/project/project.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/project/config.hpp"
#include "core/project/main_file.hpp"
#include "core/project/toml.hpp"

namespace pymode {
namespace {

constexpr std::uint64_t kMaxProjectFileBytes = 1 << 20;

} // namespace

Expected<fs::path> find_project_root(const fs::path& start) {
    std::error_code error;
    fs::path folder = fs::canonical(start, error);
    if (error) {
        return fail(ErrorCode::not_found, fmt::format("there is no {}", start.string()));
    }
    if (!fs::is_directory(folder, error)) {
        folder = folder.parent_path();
    }
    for (fs::path at = folder;; at = at.parent_path()) {
        if (fs::is_regular_file(at / kProjectFile, error)) {
            return at;
        }
        if (at == at.parent_path()) {
            break;
        }
    }
    return fail(ErrorCode::config,
                fmt::format("there is no {} in {} or above", kProjectFile, start.string()),
                "`pymode init NAME` makes a new project");
}

Expected<Project> load_project(const fs::path& start, std::string_view main_override) {
    Expected<fs::path> root = find_project_root(start);
    if (!root) {
        return propagate(root);
    }
    Expected<std::string> text = read_text_file(*root / kProjectFile, kMaxProjectFileBytes);
    if (!text) {
        return propagate(text);
    }
    if (!is_valid_utf8(*text)) {
        return fail(ErrorCode::config, fmt::format("{} is not UTF-8 text", kProjectFile));
    }
    Expected<TomlDocument> document = parse_toml(std::string(kProjectFile), std::move(*text));
    if (!document) {
        return propagate(document);
    }
    Expected<Project> project = read_config(*document);
    if (!project) {
        return project;
    }
    Expected<std::string> main =
        check_main_file(*root, main_override.empty() ? project->main : main_override);
    if (!main) {
        return propagate(main);
    }
    project->root = std::move(*root);
    project->main = std::move(*main);
    return project;
}

fs::path site_packages_path(const Project& project) {
    return project.root / ".pymode" / "site-packages.zip";
}

std::string entry_module(const Project& project) {
    std::string name = project.main.substr(0, project.main.size() - std::string_view(".py").size());
    std::ranges::replace(name, '/', '.');
    return name;
}

} // namespace pymode

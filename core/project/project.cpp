// SPDX-License-Identifier: MIT
#include "core/project/project.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/project/config.hpp"
#include "core/project/jsonc.hpp"
#include "core/project/main_file.hpp"
#include "core/project/toml.hpp"

namespace pymode {
namespace {

constexpr std::uint64_t kMaxProjectFileBytes = 1 << 20;

// In the order in which wrangler looks for them.
constexpr std::array<std::string_view, 3> kWranglerFiles = {"wrangler.json", "wrangler.jsonc",
                                                            "wrangler.toml"};

Expected<std::string> read_config_file(const fs::path& root, std::string_view name) {
    Expected<std::string> text = read_text_file(root / name, kMaxProjectFileBytes);
    if (text && !is_valid_utf8(*text)) {
        return fail(ErrorCode::config, fmt::format("{} is not UTF-8 text", name));
    }
    return text;
}

std::string_view wrangler_file(const fs::path& folder) {
    const auto found = std::ranges::find_if(kWranglerFiles, [&](std::string_view name) {
        std::error_code ignored;
        return fs::is_regular_file(folder / name, ignored);
    });
    return found == kWranglerFiles.end() ? "" : *found;
}

Expected<std::optional<ConfigDocument>> read_wrangler_file(const fs::path& root) {
    const std::string name(wrangler_file(root));
    if (name.empty()) {
        return std::nullopt;
    }
    Expected<std::string> text = read_config_file(root, name);
    if (!text) {
        return propagate(text);
    }
    return name.ends_with(".toml") ? parse_toml(name, std::move(*text))
                                   : parse_jsonc(name, std::move(*text));
}

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
    const std::string_view wrangler = wrangler_file(folder);
    return fail(ErrorCode::config,
                fmt::format("there is no {} in {} or above", kProjectFile, start.string()),
                wrangler.empty() ? "`pymode init NAME` makes a new project"
                                 : fmt::format("{} is enough for the Worker; add a {} with "
                                               "[project] `name` and `dependencies` beside it",
                                               wrangler, kProjectFile));
}

Expected<Project> load_project(const fs::path& start, const LoadOptions& options) {
    Expected<fs::path> root = find_project_root(start);
    if (!root) {
        return propagate(root);
    }
    Expected<std::string> text = read_config_file(*root, kProjectFile);
    if (!text) {
        return propagate(text);
    }
    Expected<ConfigDocument> pyproject = parse_toml(std::string(kProjectFile), std::move(*text));
    if (!pyproject) {
        return propagate(pyproject);
    }
    Expected<std::optional<ConfigDocument>> wrangler = read_wrangler_file(*root);
    if (!wrangler) {
        return propagate(wrangler);
    }
    Expected<Project> project =
        read_config({*pyproject, *wrangler ? &**wrangler : nullptr}, options.environment);
    if (!project) {
        return project;
    }
    Expected<std::string> main =
        check_main_file(*root, options.main.empty() ? project->worker.main : options.main);
    if (!main) {
        return propagate(main);
    }
    project->root = std::move(*root);
    project->worker.main = std::move(*main);
    return project;
}

fs::path site_packages_path(const Project& project) {
    return project.root / ".pymode" / "site-packages.zip";
}

std::string entry_module(const Project& project) {
    std::string name =
        project.worker.main.substr(0, project.worker.main.size() - std::string_view(".py").size());
    std::ranges::replace(name, '/', '.');
    return name;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "cli/user_config.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/project/toml.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_config_bytes = std::uint64_t{1} << 20;

// The others decide what is in a lock or in a Worker, which must not depend on who makes it.
const std::array<std::string, 6> user_keys = {"exclude-newer",  "find-links", "index",
                                              "index-strategy", "prerelease", "resolution"};

fs::path config_file(const Env& env) {
    const auto xdg = env.get_nonempty("XDG_CONFIG_HOME");
    const auto home = env.get_nonempty("HOME");
    // A relative path there has no meaning (XDG Base Directory Specification).
    const fs::path base = xdg && fs::path(*xdg).is_absolute() ? fs::path(*xdg)
                          : home                              ? fs::path(*home) / ".config"
                                                              : fs::path();
    return base.empty() ? base : base / "pymode" / "pymode.toml";
}

void warn_about_keys(const TomlDocument& document, std::vector<std::string>& warnings) {
    for (const TomlMember& member : document.root.members) {
        if (std::ranges::find(user_keys, member.key) != user_keys.end()) {
            continue;
        }
        const bool of_projects =
            std::ranges::find(packaging_keys(), member.key) != packaging_keys().end();
        const auto meant = closest_match(member.key, user_keys);
        warnings.push_back(fmt::format(
            "{}:{}: {}", document.file, member.key_position.line,
            of_projects ? fmt::format("`{}` belongs to [tool.pymode] of a project", member.key)
                        : fmt::format("unknown key `{}`{}", printable(member.key),
                                      meant ? fmt::format("; did you mean `{}`?", *meant) : "")));
    }
}

} // namespace

Expected<PackagingConfig> read_user_config(const Env& env, std::vector<std::string>& warnings) {
    const fs::path path = config_file(env);
    if (path.empty()) {
        return PackagingConfig{};
    }
    Expected<std::string> text = read_text_file(path, max_config_bytes);
    if (!text && text.error().code == ErrorCode::not_found) {
        return PackagingConfig{};
    }
    if (!text) {
        return propagate(text);
    }
    if (!is_valid_utf8(*text)) {
        return fail(ErrorCode::config, fmt::format("{} is not UTF-8 text", path.string()));
    }
    Expected<TomlDocument> document = parse_toml(path.string(), std::move(*text));
    if (!document) {
        return propagate(document);
    }
    warn_about_keys(*document, warnings);
    std::erase_if(document->root.members, [](const TomlMember& member) {
        return std::ranges::find(user_keys, member.key) == user_keys.end();
    });
    Expected<PackagingConfig> config = read_packaging_config(*document, document->root, warnings);
    if (!config) {
        return config;
    }
    for (std::string& place : config->find_links) {
        if (place.find("://") == std::string::npos) {
            place = (path.parent_path() / place).lexically_normal().string();
        }
    }
    return config;
}

PackagingConfig with_user_config(PackagingConfig project, const PackagingConfig& user) {
    const bool has_default = std::ranges::any_of(
        project.indexes, [](const IndexSetting& index) { return index.is_default; });
    for (const IndexSetting& index : user.indexes) {
        const bool same_name =
            !index.name.empty() && std::ranges::find(project.indexes, index.name,
                                                     &IndexSetting::name) != project.indexes.end();
        if (!same_name && !(index.is_default && has_default)) {
            project.indexes.push_back(index);
        }
    }
    std::ranges::copy(user.find_links, std::back_inserter(project.find_links));
    if (project.index_strategy.empty()) {
        project.index_strategy = user.index_strategy;
    }
    return project;
}

} // namespace pymode

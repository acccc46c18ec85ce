// SPDX-License-Identifier: MIT
#include "core/bundle/files.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::size_t kMaxFiles = 20'000;
constexpr std::uint64_t kMaxTotalBytes = std::uint64_t{64} << 20; // Cloudflare's limit for a Worker

// Matches one whole string. Recursion happens at stars only; patterns are short and written by the
// project's owner.
bool glob(std::string_view pattern, std::string_view text) {
    while (!pattern.empty()) {
        if (pattern.starts_with("**/") && glob(pattern.substr(3), text)) {
            return true; // "**/x" also means "x"
        }
        if (pattern.front() == '*') {
            const bool crosses = pattern.starts_with("**");
            pattern.remove_prefix(crosses ? 2 : 1);
            for (std::size_t taken = 0; taken <= text.size(); ++taken) {
                if (glob(pattern, text.substr(taken))) {
                    return true;
                }
                if (taken < text.size() && text[taken] == '/' && !crosses) {
                    return false;
                }
            }
            return false;
        }
        if (text.empty() ||
            (pattern.front() == '?' ? text.front() == '/' : pattern.front() != text.front())) {
            return false;
        }
        pattern.remove_prefix(1);
        text.remove_prefix(1);
    }
    return text.empty();
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool is_hidden(std::string_view path) {
    return last_part(path).starts_with('.');
}

bool is_excluded(const Project& project, std::string_view path) {
    return std::ranges::any_of(project.exclude, [&](const std::string& pattern) {
        return matches_pattern(pattern, path);
    });
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

// `output` as it would appear in the tree, empty when it lies elsewhere.
std::string relative_output(const Project& project, const fs::path& output) {
    if (output.empty()) {
        return "";
    }
    std::error_code error;
    const fs::path full = fs::weakly_canonical(output, error);
    const std::string relative = full.lexically_relative(project.root).generic_string();
    return error || relative.starts_with("..") ? "" : relative;
}

Expected<ProjectFile> follow_link(const Project& project, const TreeEntry& entry) {
    const fs::path link = project.root / entry.path;
    const std::string hint = fmt::format("copy the file, or add \"{}\" to `exclude` under "
                                         "[tool.pymode]",
                                         entry.path);
    std::error_code error;
    const fs::path target = fs::canonical(link, error);
    if (error) {
        return fail(ErrorCode::config, fmt::format("{} is a link to nothing", entry.path), hint);
    }
    if (!is_within(target, project.root)) {
        return fail(ErrorCode::config,
                    fmt::format("{} is a link that leaves the project", entry.path), hint);
    }
    if (!fs::is_regular_file(target, error)) {
        return fail(ErrorCode::config, fmt::format("{} is a link to a folder", entry.path), hint);
    }
    const std::uint64_t size = fs::file_size(target, error);
    return ProjectFile{entry.path, error ? 0 : size};
}

Expected<> check_total(std::vector<ProjectFile> files) {
    std::uint64_t total = 0;
    for (const ProjectFile& file : files) {
        total += file.size;
    }
    if (total <= kMaxTotalBytes) {
        return {};
    }
    std::ranges::sort(files, std::greater{}, &ProjectFile::size);
    Error error{ErrorCode::config,
                fmt::format("the project's files have {}, more than a Worker may have ({})",
                            human_size(total), human_size(kMaxTotalBytes)),
                {},
                "name what the Worker does not need with `exclude` under [tool.pymode]",
                {}};
    for (const ProjectFile& file : std::span(files).first(std::min<std::size_t>(3, files.size()))) {
        error.notes.push_back(fmt::format("{} has {}", file.path, human_size(file.size)));
    }
    return std::unexpected(std::move(error));
}

} // namespace

bool matches_pattern(std::string_view pattern, std::string_view path) {
    while (pattern.ends_with('/')) {
        pattern.remove_suffix(1);
    }
    const bool anywhere = !pattern.contains('/');
    if (pattern.starts_with('/')) {
        pattern.remove_prefix(1);
    }
    // The path itself and every folder above it.
    for (std::size_t end = path.size(); end != std::string_view::npos;
         end = end == 0 ? std::string_view::npos : path.rfind('/', end - 1)) {
        const std::string_view candidate = path.substr(0, end);
        if (glob(pattern, anywhere ? last_part(candidate) : candidate)) {
            return true;
        }
    }
    return false;
}

bool is_skipped_folder(const Project& project, const std::string& path) {
    const fs::path folder = project.root / path;
    if (project.worker.assets &&
        folder.lexically_normal() == (project.root / project.worker.assets->directory / "")
                                         .lexically_normal()
                                         .parent_path()) {
        return true; // served by Cloudflare from its own storage
    }
    const std::string_view name = last_part(path);
    return is_hidden(path) || name == "node_modules" || name == "__pycache__" ||
           is_there(folder / "pyvenv.cfg") ||
           (is_there(folder / "metadata.json") && is_there(folder / "python.wasm")) ||
           is_excluded(project, path);
}

Expected<std::vector<ProjectFile>> collect_files(const Project& project, const fs::path& output) {
    const std::string skipped_output = relative_output(project, output);
    TreeOptions options;
    options.max_entries = kMaxFiles;
    options.keep = [&](const TreeEntry& entry) {
        // A link may stand for a folder that is left out: node_modules, a virtual environment.
        if (entry.kind == FileKind::directory || entry.kind == FileKind::symlink) {
            return entry.path != skipped_output && !is_skipped_folder(project, entry.path);
        }
        return !is_hidden(entry.path) && !entry.path.ends_with(".pyc") &&
               !is_excluded(project, entry.path);
    };
    Expected<std::vector<TreeEntry>> tree = list_tree(project.root, options);
    if (!tree) {
        return propagate(tree);
    }
    std::vector<ProjectFile> files;
    for (const TreeEntry& entry : *tree) {
        if (entry.kind == FileKind::regular) {
            files.push_back({entry.path, entry.size});
        } else if (entry.kind == FileKind::symlink) {
            Expected<ProjectFile> file = follow_link(project, entry);
            if (!file) {
                return propagate(file);
            }
            files.push_back(std::move(*file));
        } else if (entry.kind == FileKind::other) {
            return fail(ErrorCode::config,
                        fmt::format("{} is neither a file nor a folder", entry.path));
        }
    }
    if (Expected<> small_enough = check_total(files); !small_enough) {
        return propagate(small_enough);
    }
    return files;
}

} // namespace pymode

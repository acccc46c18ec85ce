// SPDX-License-Identifier: MIT
// Folders: temporary ones, their replacement as a whole, and sorted listings.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "core/base/file.hpp"

namespace pymode {

namespace {

std::unexpected<Error> failed(std::string message, const std::error_code& error) {
    return fail_errno(error == std::errc::no_such_file_or_directory ? ErrorCode::not_found
                                                                    : ErrorCode::io,
                      std::move(message), error.value());
}

FileKind kind_of(fs::file_type type) {
    switch (type) {
    case fs::file_type::regular:
        return FileKind::regular;
    case fs::file_type::directory:
        return FileKind::directory;
    case fs::file_type::symlink:
        return FileKind::symlink;
    default:
        return FileKind::other;
    }
}

Expected<TreeEntry> describe(const fs::directory_entry& found, std::string path) {
    std::error_code error;
    const fs::file_status status = found.symlink_status(error);
    if (error) {
        return failed(fmt::format("cannot look at {}", found.path().string()), error);
    }
    TreeEntry entry{std::move(path), kind_of(status.type()), 0, false};
    if (entry.kind == FileKind::regular) {
        entry.size = found.file_size(error);
        if (error) {
            return failed(fmt::format("cannot look at {}", found.path().string()), error);
        }
        entry.executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    }
    return entry;
}

// Adds what stands directly in `folder` (relative, empty for the root itself) and returns the
// folders among it.
Expected<std::vector<std::string>> list_folder(const fs::path& root, const std::string& folder,
                                               const TreeOptions& options,
                                               std::vector<TreeEntry>& entries) {
    std::vector<std::string> folders;
    std::error_code error;
    fs::directory_iterator iterator(root / folder, error);
    for (; !error && iterator != fs::directory_iterator(); iterator.increment(error)) {
        const std::string name = iterator->path().filename().string();
        auto entry = describe(*iterator, folder.empty() ? name : folder + "/" + name);
        if (!entry) {
            return propagate(entry);
        }
        if (options.keep && !options.keep(*entry)) {
            continue;
        }
        if (entries.size() >= options.max_entries) {
            return fail(ErrorCode::io, fmt::format("{} holds more than {} files", root.string(),
                                                   options.max_entries));
        }
        if (entry->kind == FileKind::directory) {
            folders.push_back(entry->path);
        }
        entries.push_back(std::move(*entry));
    }
    if (error) {
        return failed(fmt::format("cannot list {}", (root / folder).string()), error);
    }
    return folders;
}

// For file systems that cannot exchange two names: a short moment without `target`.
Expected<> replace_in_two_steps(const fs::path& staged, const fs::path& target) {
    const fs::path aside = staged.string() + ".old";
    std::error_code error;
    fs::rename(target, aside, error);
    if (!error) {
        fs::rename(staged, target, error);
        if (error) {
            std::error_code ignored; // the first error is the one to tell
            fs::rename(aside, target, ignored);
        }
    }
    if (error) {
        return failed(fmt::format("cannot replace {}", target.string()), error);
    }
    return remove_tree(aside);
}

} // namespace

Expected<TempDir> TempDir::create(const fs::path& parent, std::string_view prefix) {
    fs::path base = parent;
    if (base.empty()) {
        const char* from_environment = std::getenv("TMPDIR");
        base = from_environment != nullptr && *from_environment != '\0' ? from_environment : "/tmp";
    }
    std::string pattern = (base / fmt::format("{}XXXXXX", prefix)).string();
    if (mkdtemp(pattern.data()) == nullptr) {
        return fail_errno(ErrorCode::io, fmt::format("cannot make a folder in {}", base.string()),
                          errno);
    }
    TempDir folder;
    folder.m_path = pattern;
    return folder;
}

TempDir::TempDir(TempDir&& other) noexcept : m_path(std::exchange(other.m_path, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
    std::swap(m_path, other.m_path);
    return *this;
}

TempDir::~TempDir() {
    if (!m_path.empty()) {
        std::error_code ignored; // nobody is left to tell
        fs::remove_all(m_path, ignored);
    }
}

fs::path TempDir::release() {
    return std::exchange(m_path, {});
}

Expected<> make_directories(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) {
        return failed(fmt::format("cannot make the folder {}", path.string()), error);
    }
    return {};
}

Expected<> remove_tree(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) {
        return failed(fmt::format("cannot remove {}", path.string()), error);
    }
    return {};
}

Expected<> replace_directory(const fs::path& staged, const fs::path& target) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(target, error);
    if (status.type() != fs::file_type::not_found && !fs::is_directory(status)) {
        return fail(ErrorCode::io,
                    fmt::format("{} is in the way and is not a folder", target.string()));
    }
    if (status.type() == fs::file_type::not_found) {
        fs::rename(staged, target, error);
        return error ? failed(fmt::format("cannot write {}", target.string()), error)
                     : Expected<>();
    }
    if (renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
        return remove_tree(staged);
    }
    if (errno == EINVAL || errno == ENOSYS) {
        return replace_in_two_steps(staged, target);
    }
    return fail_errno(ErrorCode::io, fmt::format("cannot replace {}", target.string()), errno);
}

Expected<std::vector<TreeEntry>> list_tree(const fs::path& root, const TreeOptions& options) {
    std::vector<TreeEntry> entries;
    std::vector<std::string> pending{""};
    while (!pending.empty()) {
        const std::string folder = std::move(pending.back());
        pending.pop_back();
        auto folders = list_folder(root, folder, options, entries);
        if (!folders) {
            return propagate(folders);
        }
        pending.insert(pending.end(), folders->begin(), folders->end());
    }
    std::ranges::sort(entries, {}, &TreeEntry::path);
    return entries;
}

bool is_within(const fs::path& path, const fs::path& root) {
    std::error_code error;
    const fs::path real_path = fs::canonical(path, error);
    if (error) {
        return false;
    }
    const fs::path real_root = fs::canonical(root, error);
    if (error) {
        return false;
    }
    const auto [in_root, in_path] =
        std::mismatch(real_root.begin(), real_root.end(), real_path.begin(), real_path.end());
    return in_root == real_root.end();
}

} // namespace pymode

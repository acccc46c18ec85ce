// SPDX-License-Identifier: MIT
#include "core/devserver/watcher.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/bundle/files.hpp"

namespace pymode {
namespace {

// Not IN_MODIFY: a file is news when its writer has closed it.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR;

// Hidden, but one file in it is part of the bundle.
constexpr std::string_view kStateFolder = ".pymode";
constexpr std::string_view kPackages = "site-packages.zip";

bool is_watched_folder(const Project& project, const std::string& path) {
    return path == kStateFolder || !is_skipped_folder(project, path);
}

std::string joined(const std::string& folder, std::string_view name) {
    return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

} // namespace

bool is_ignored_file(std::string_view name) {
    return (name.starts_with('.') && name != ".dev.vars") || name.ends_with('~') ||
           name.ends_with(".pyc") || name.ends_with(".tmp") || name.ends_with(".swp");
}

Expected<FileWatcher> FileWatcher::create(const Project& project) {
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        return fail_errno(ErrorCode::io, "cannot watch the project's files", errno);
    }
    FileWatcher watcher(fd);
    if (Expected<> watched = watcher.watch_folder(project, ""); !watched) {
        return propagate(watched);
    }
    return watcher;
}

FileWatcher::FileWatcher(FileWatcher&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1)), m_folders(std::move(other.m_folders)) {}

FileWatcher& FileWatcher::operator=(FileWatcher&& other) noexcept {
    std::swap(m_fd, other.m_fd);
    std::swap(m_folders, other.m_folders);
    return *this;
}

FileWatcher::~FileWatcher() {
    if (m_fd >= 0) {
        close(m_fd);
    }
}

Expected<> FileWatcher::watch_folder(const Project& project, const std::string& folder) {
    const fs::path path = project.root / folder;
    const int watch = inotify_add_watch(m_fd, path.c_str(), kEvents);
    if (watch < 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return {}; // gone again already
        }
        const int reason = errno;
        return fail_errno(ErrorCode::io, fmt::format("cannot watch {}", path.string()), reason);
    }
    m_folders[watch] = folder;
    if (folder == kStateFolder) {
        return {};
    }
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (!entry->is_directory(ignored) || entry->is_symlink(ignored)) {
            continue;
        }
        const std::string below = joined(folder, entry->path().filename().string());
        if (!is_watched_folder(project, below)) {
            continue;
        }
        if (Expected<> watched = watch_folder(project, below); !watched) {
            return watched;
        }
    }
    return {};
}

Expected<bool> FileWatcher::drain(const Project& project) {
    bool changed = false;
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    for (;;) {
        const ssize_t got = read(m_fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return changed;
        }
        if (got <= 0) {
            return fail_errno(ErrorCode::io, "cannot watch the project's files", errno);
        }
        for (ssize_t at = 0; at < got;) {
            // The kernel writes whole events, each aligned, its name included in `len`.
            const auto* event =
                reinterpret_cast<const inotify_event*>(buffer.data() + at); // NOLINT
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            Expected<bool> counts = handle(project, *event);
            if (!counts) {
                return counts;
            }
            changed = changed || *counts;
        }
    }
}

Expected<bool> FileWatcher::handle(const Project& project, const inotify_event& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
        return true; // events were lost: better one build too many
    }
    const auto folder = m_folders.find(event.wd);
    if (folder == m_folders.end()) {
        return false;
    }
    if ((event.mask & IN_IGNORED) != 0) {
        m_folders.erase(folder);
        return false;
    }
    if (event.len == 0) {
        return (event.mask & IN_DELETE_SELF) != 0;
    }
    const std::string_view name = event.name; // NUL-terminated by the kernel
    if (folder->second == kStateFolder) {
        return name == kPackages;
    }
    if ((event.mask & IN_ISDIR) == 0) {
        return !is_ignored_file(name);
    }
    const std::string path = joined(folder->second, name);
    if (!is_watched_folder(project, path)) {
        return false;
    }
    if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        if (Expected<> watched = watch_folder(project, path); !watched) {
            return propagate(watched);
        }
    }
    if (path == kStateFolder) {
        std::error_code error;
        return fs::exists(site_packages_path(project), error); // perhaps made before the watch
    }
    return true;
}

} // namespace pymode

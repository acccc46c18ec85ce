// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/base/error.hpp"
#include "core/project/project.hpp"

struct inotify_event;

namespace pymode {

// Tells when a file of a project changes, by inotify. Watches the folders whose files
// `collect_files` collects, `.dev.vars`, and the installed packages.
class FileWatcher {
  public:
    // Watches the project as it is now.
    static Expected<FileWatcher> create(const Project& project);
    FileWatcher(FileWatcher&& other) noexcept;
    FileWatcher& operator=(FileWatcher&& other) noexcept;
    ~FileWatcher();

    // Readable when `drain` has something to do.
    [[nodiscard]] int fd() const { return m_fd; }

    // Reads what has happened since the last call, without waiting. True when a build could now
    // give something else. New folders are watched from here on.
    Expected<bool> drain(const Project& project);

  private:
    explicit FileWatcher(int fd) : m_fd(fd) {}
    // The folder and those below it; relative to the root, "" is the root itself.
    Expected<> watch_folder(const Project& project, const std::string& folder);
    Expected<bool> handle(const Project& project, const inotify_event& event);

    int m_fd = -1;
    std::map<int, std::string> m_folders; // by watch descriptor, relative to the root
};

// True for a file whose change cannot change the bundle: hidden files but .dev.vars, editors'
// backups, compiled Python.
bool is_ignored_file(std::string_view name);

} // namespace pymode

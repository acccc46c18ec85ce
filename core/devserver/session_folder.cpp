// SPDX-License-Identifier: MIT
#include "core/devserver/session_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pymode {
namespace {

constexpr std::string_view kPrefix = "pymode-dev-";
constexpr std::string_view kLockName = "lock";

// Of the kind asked for (S_IFDIR, S_IFREG), not a link to one, and this user's.
bool is_ours(const fs::path& path, mode_t kind) {
    struct stat status {};
    return lstat(path.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == kind &&
           status.st_uid == geteuid();
}

// Its session is dead when nobody holds the lock. A folder without one may be about to get it.
void remove_if_dead(const fs::path& folder, const Log& log) {
    const fs::path lock_path = folder / kLockName;
    if (!is_ours(folder, S_IFDIR) || !is_ours(lock_path, S_IFREG)) {
        return;
    }
    const auto lock = FileLock::try_acquire(lock_path);
    if (!lock || !*lock) {
        return;
    }
    const Expected<> removed = remove_tree(folder);
    log.info("dev: {} of a session that was killed: {}", folder.string(),
             removed ? "removed" : removed.error().message);
}

void remove_dead_sessions(const fs::path& parent, const Log& log) {
    std::error_code error;
    fs::directory_iterator entry(parent, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        if (entry->path().filename().string().starts_with(kPrefix)) {
            remove_if_dead(entry->path(), log);
        }
    }
    if (error) {
        log.info("dev: cannot look for what killed sessions left in {}: {}", parent.string(),
                 error.message());
    }
}

// The lock file appears under its name when it is locked already, so that no other session ever
// sees it free.
Expected<FileLock> lock_folder(const fs::path& folder) {
    const fs::path unnamed = folder / "lock.new";
    auto lock = FileLock::try_acquire(unnamed);
    if (!lock) {
        return propagate(lock);
    }
    std::error_code error;
    fs::rename(unnamed, folder / kLockName, error);
    if (error || !*lock) {
        return fail(ErrorCode::io, fmt::format("cannot lock the folder {}", folder.string()));
    }
    return std::move(**lock);
}

} // namespace

Expected<SessionFolder> SessionFolder::create(const fs::path& parent, const Log& log) {
    Expected<TempDir> folder = TempDir::create(parent, kPrefix);
    if (!folder) {
        return propagate(folder);
    }
    Expected<FileLock> lock = lock_folder(folder->path());
    if (!lock) {
        return propagate(lock);
    }
    remove_dead_sessions(folder->path().parent_path(), log);
    return SessionFolder(std::move(*folder), std::move(*lock));
}

} // namespace pymode

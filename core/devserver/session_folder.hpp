// SPDX-License-Identifier: MIT
// Where a session of `pymode dev` keeps its bundle: a private temporary folder.
#pragma once

#include <filesystem>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/lock.hpp"
#include "core/base/log.hpp"

namespace pymode {

class SessionFolder {
  public:
    // Below `parent`; an empty one means $TMPDIR or /tmp. Before it returns, it removes what
    // sessions that were killed (SIGKILL, a power cut) have left there: folders of this user with
    // our name whose lock file nobody holds. Any other folder stays, and one that cannot be removed
    // is no error.
    [[nodiscard]] static Expected<SessionFolder> create(const std::filesystem::path& parent,
                                                        const Log& log);

    [[nodiscard]] const std::filesystem::path& path() const { return m_folder.path(); }

  private:
    SessionFolder(TempDir folder, FileLock lock)
        : m_lock(std::move(lock)), m_folder(std::move(folder)) {}

    FileLock m_lock; // held until the folder is gone
    TempDir m_folder;
};

} // namespace pymode

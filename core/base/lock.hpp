// SPDX-License-Identifier: MIT
// A lock between processes (flock on a file of its own). The system releases it when its holder
// dies, so there are no stale locks.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"

namespace pymode {

enum class LockKind {
    exclusive, // nobody else holds it in any way
    shared,    // others may hold it shared too
};

class FileLock {
  public:
    // Waits until it has the lock; creates the file if needed (the file stays afterwards).
    [[nodiscard]] static Expected<FileLock> acquire(const std::filesystem::path& path,
                                                    const CancelToken& cancel,
                                                    LockKind kind = LockKind::exclusive);

    // Nothing when somebody else holds it.
    [[nodiscard]] static Expected<std::optional<FileLock>>
    try_acquire(const std::filesystem::path& path, LockKind kind = LockKind::exclusive);

    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

  private:
    explicit FileLock(int fd) : m_fd(fd) {}

    int m_fd = -1;
};

} // namespace pymode

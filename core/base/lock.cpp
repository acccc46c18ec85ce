// SPDX-License-Identifier: MIT
#include "core/base/lock.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/clock.hpp"

namespace pymode {

namespace {

Expected<int> open_lock_file(const std::filesystem::path& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return fail_errno(ErrorCode::io, fmt::format("cannot open the lock {}", path.string()),
                          errno);
    }
    return fd;
}

} // namespace

Expected<std::optional<FileLock>> FileLock::try_acquire(const std::filesystem::path& path,
                                                        LockKind kind) {
    const auto fd = open_lock_file(path);
    if (!fd) {
        return propagate(fd);
    }
    FileLock lock(*fd);
    const int operation = kind == LockKind::exclusive ? LOCK_EX : LOCK_SH;
    while (flock(*fd, operation | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return std::nullopt;
        }
        if (errno != EINTR) {
            return fail_errno(ErrorCode::io, fmt::format("cannot lock {}", path.string()), errno);
        }
    }
    return std::optional(std::move(lock));
}

Expected<FileLock> FileLock::acquire(const std::filesystem::path& path, const CancelToken& cancel,
                                     LockKind kind) {
    // flock cannot be waited for together with the token's descriptor, hence the slices.
    SystemClock clock;
    while (true) {
        auto lock = try_acquire(path, kind);
        if (!lock) {
            return propagate(lock);
        }
        if (*lock) {
            return std::move(**lock);
        }
        if (!clock.sleep_for(std::chrono::milliseconds(20), cancel)) {
            return fail(ErrorCode::cancelled,
                        fmt::format("cancelled while waiting for the lock {}", path.string()));
        }
    }
}

FileLock::FileLock(FileLock&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(m_fd, other.m_fd);
    return *this;
}

FileLock::~FileLock() {
    if (m_fd >= 0) {
        close(m_fd);
    }
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// The fork and exec half of subprocess.hpp; nobody else includes this.
#pragma once

#include "core/base/subprocess.hpp"

namespace pymode::detail {

// A descriptor that is closed at the end of its life.
class OwnedFd {
  public:
    OwnedFd() = default;
    explicit OwnedFd(int fd) : m_fd(fd) {}
    OwnedFd(OwnedFd&& other) noexcept : m_fd(other.release()) {}
    OwnedFd& operator=(OwnedFd&& other) noexcept {
        reset();
        m_fd = other.release();
        return *this;
    }
    ~OwnedFd() { reset(); }

    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool is_open() const { return m_fd >= 0; }
    int release() {
        const int fd = m_fd;
        m_fd = -1;
        return fd;
    }
    void reset();

  private:
    int m_fd = -1;
};

// Our ends are non-blocking; those that the mode does not need are closed.
struct SpawnedChild {
    pid_t pid = -1;
    OwnedFd process; // pidfd: readable when the child has ended
    OwnedFd in;
    OwnedFd out;
    OwnedFd err;
};

[[nodiscard]] Expected<SpawnedChild> spawn_child(const ProcessOptions& options);

} // namespace pymode::detail

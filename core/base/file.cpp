// SPDX-License-Identifier: MIT
#include "core/base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

// Closes a descriptor at the end of a scope.
class OpenFile {
  public:
    explicit OpenFile(int fd) : m_fd(fd) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        if (m_fd >= 0) {
            close(m_fd);
        }
    }
    [[nodiscard]] int fd() const { return m_fd; }

  private:
    int m_fd;
};

std::unexpected<Error> cannot(std::string_view verb, const fs::path& path, int error_number) {
    const bool absent = error_number == ENOENT || error_number == ENOTDIR;
    return fail_errno(absent ? ErrorCode::not_found : ErrorCode::io,
                      fmt::format("cannot {} {}", verb, path.string()), error_number);
}

// Reads to the end of the file; one byte more than allowed is enough to know that it is too big.
template <class Buffer> Expected<Buffer> read_whole(const fs::path& path, std::uint64_t max_bytes) {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat info {};
    if (file.fd() < 0 || fstat(file.fd(), &info) != 0) {
        return cannot("read", path, errno);
    }
    if (!S_ISREG(info.st_mode)) {
        return fail(ErrorCode::io, fmt::format("{} is not a regular file", path.string()));
    }
    Buffer buffer;
    std::size_t used = 0;
    // The size is a hint only: the file may grow, and files of /proc have none.
    buffer.resize(std::min<std::uint64_t>(static_cast<std::uint64_t>(info.st_size), max_bytes) + 1);
    while (true) {
        const ssize_t count = read(file.fd(), buffer.data() + used, buffer.size() - used);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return cannot("read", path, errno);
        }
        used += static_cast<std::size_t>(count);
        if (used > max_bytes) {
            return fail(ErrorCode::io,
                        fmt::format("{} is larger than {}", path.string(), human_size(max_bytes)));
        }
        if (count == 0) {
            buffer.resize(used);
            return buffer;
        }
        if (used == buffer.size()) {
            buffer.resize(std::min<std::uint64_t>(buffer.size() * 2, max_bytes + 1));
        }
    }
}

Expected<> write_all(int fd, ByteView bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t count = write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) {
            return cannot("write", path, errno);
        }
        if (count > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
    }
    return {};
}

} // namespace

Expected<Bytes> read_file(const fs::path& path, std::uint64_t max_bytes) {
    return read_whole<Bytes>(path, max_bytes);
}

Expected<std::string> read_text_file(const fs::path& path, std::uint64_t max_bytes) {
    return read_whole<std::string>(path, max_bytes);
}

Expected<AtomicFile> AtomicFile::create(const fs::path& target, mode_t mode) {
    AtomicFile file;
    file.m_target = target;
    // In the same folder, since a rename does not cross file systems.
    std::string pattern =
        (target.parent_path() / fmt::format(".{}.XXXXXX", target.filename().string())).string();
    file.m_fd = mkostemp(pattern.data(), O_CLOEXEC);
    if (file.m_fd < 0) {
        return cannot("write", target, errno);
    }
    file.m_temporary = pattern;
    if (fchmod(file.m_fd, mode) != 0) {
        return cannot("write", target, errno);
    }
    return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1)), m_target(std::move(other.m_target)),
      m_temporary(std::exchange(other.m_temporary, {})) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    std::swap(m_fd, other.m_fd);
    std::swap(m_target, other.m_target);
    std::swap(m_temporary, other.m_temporary);
    return *this;
}

AtomicFile::~AtomicFile() {
    discard();
}

void AtomicFile::discard() noexcept {
    if (m_fd >= 0) {
        close(m_fd);
        m_fd = -1;
    }
    if (!m_temporary.empty()) {
        unlink(m_temporary.c_str());
        m_temporary.clear();
    }
}

Expected<> AtomicFile::write(ByteView bytes) {
    if (m_fd < 0) {
        return fail(ErrorCode::internal, "write to an atomic file that is closed already");
    }
    return write_all(m_fd, bytes, m_target);
}

Expected<> AtomicFile::restart() {
    if (m_fd < 0) {
        return fail(ErrorCode::internal, "restart of an atomic file that is closed already");
    }
    if (ftruncate(m_fd, 0) != 0 || lseek(m_fd, 0, SEEK_SET) != 0) {
        return cannot("write", m_target, errno);
    }
    return {};
}

Expected<> AtomicFile::commit_as(const fs::path& target, Durable durable) {
    m_target = target;
    return commit(durable);
}

Expected<> AtomicFile::commit(Durable durable) {
    if (m_fd < 0) {
        return fail(ErrorCode::internal, "second commit of an atomic file");
    }
    // Without fsync a crash after the rename could leave an empty file under the final name.
    const bool synced =
        durable == Durable::no || fsync(m_fd) == 0 || errno == EINVAL || errno == ENOTSUP;
    const int sync_error = errno;
    const bool closed = close(std::exchange(m_fd, -1)) == 0;
    if (!synced || !closed) {
        return cannot("write", m_target, synced ? errno : sync_error);
    }
    if (rename(m_temporary.c_str(), m_target.c_str()) != 0) {
        return cannot("write", m_target, errno);
    }
    m_temporary.clear();
    return {};
}

Expected<> write_file_atomic(const fs::path& path, ByteView bytes, mode_t mode) {
    auto file = AtomicFile::create(path, mode);
    if (!file) {
        return propagate(file);
    }
    if (auto written = file->write(bytes); !written) {
        return written;
    }
    return file->commit();
}

Expected<> write_file_atomic(const fs::path& path, std::string_view text, mode_t mode) {
    return write_file_atomic(path, as_bytes(text), mode);
}

Expected<fs::path> self_executable() {
    std::error_code error;
    fs::path path = fs::read_symlink("/proc/self/exe", error);
    if (error) {
        return fail_errno(ErrorCode::io, "cannot find the executable of this process",
                          error.value());
    }
    return path;
}

} // namespace pymode

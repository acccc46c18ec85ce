// SPDX-License-Identifier: MIT
#include "core/base/standard_input.hpp"

#include <array>
#include <cerrno>
#include <span>

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::size_t kMaxLine = 64 << 10;

// The terminal shows nothing of what is typed until the end of its life.
class WithoutEcho {
  public:
    WithoutEcho() {
        if (tcgetattr(STDIN_FILENO, &m_before) != 0) {
            return;
        }
        termios silent = m_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL; // the end of the line is shown
        m_changed = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~WithoutEcho() {
        if (m_changed) {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
        }
    }
    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;

    [[nodiscard]] bool works() const { return m_changed; }

  private:
    termios m_before{};
    bool m_changed = false;
};

// Bytes that are there, 0 at the end.
Expected<std::size_t> read_some(std::span<char> buffer, const CancelToken& cancel) {
    for (;;) {
        std::array<pollfd, 2> fds = {{{STDIN_FILENO, POLLIN, 0}, {cancel.wait_fd(), POLLIN, 0}}};
        if (poll(fds.data(), fds.size(), 1'000) < 0 && errno != EINTR) {
            return fail_errno(ErrorCode::io, "cannot wait for standard input", errno);
        }
        if (cancel.cancelled()) {
            return fail(ErrorCode::cancelled, "interrupted");
        }
        if (fds[0].revents == 0) {
            continue;
        }
        const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count >= 0) {
            return static_cast<std::size_t>(count);
        }
        if (errno != EINTR && errno != EAGAIN) {
            return fail_errno(ErrorCode::io, "cannot read standard input", errno);
        }
    }
}

} // namespace

bool input_is_terminal() {
    return isatty(STDIN_FILENO) == 1;
}

Expected<std::string> read_line(const CancelToken& cancel) {
    std::string line;
    std::array<char, 4096> buffer{};
    for (;;) {
        Expected<std::size_t> count = read_some(buffer, cancel);
        if (!count) {
            return propagate(count);
        }
        line.append(buffer.data(), *count);
        if (*count == 0 || line.find('\n') != std::string::npos) {
            return std::string(line.substr(0, line.find_first_of("\r\n")));
        }
        if (line.size() > kMaxLine) {
            return fail(ErrorCode::usage, "the line is too long");
        }
    }
}

Expected<std::string> read_hidden_line(const std::function<void()>& ask,
                                       const CancelToken& cancel) {
    const WithoutEcho silent; // throws away what was typed before, so the question comes after
    if (!silent.works()) {
        return fail(ErrorCode::io, "the terminal cannot hide what is typed",
                    "pass it through a pipe or from a file instead");
    }
    ask();
    return read_line(cancel);
}

Expected<> read_input_in_pieces(const CancelToken& cancel,
                                const std::function<Expected<>(ByteView)>& take) {
    std::string buffer(64 << 10, '\0');
    for (;;) {
        Expected<std::size_t> count = read_some(buffer, cancel);
        if (!count) {
            return propagate(count);
        }
        if (*count == 0) {
            return {};
        }
        if (Expected<> taken = take(as_bytes({buffer.data(), *count})); !taken) {
            return taken;
        }
    }
}

Expected<std::string> read_input(std::uint64_t max_bytes, const CancelToken& cancel) {
    std::string text;
    Expected<> done = read_input_in_pieces(cancel, [&](ByteView bytes) -> Expected<> {
        if (text.size() + bytes.size() > max_bytes) {
            return fail(
                ErrorCode::usage,
                fmt::format("standard input has more than the limit of {}", human_size(max_bytes)));
        }
        text += as_text(bytes);
        return {};
    });
    return done ? Expected<std::string>(std::move(text)) : propagate(done);
}

Expected<std::string> read_file_or_input(const std::string& path, std::uint64_t max_bytes,
                                         const CancelToken& cancel) {
    return path == kStandardInput ? read_input(max_bytes, cancel) : read_text_file(path, max_bytes);
}

} // namespace pymode

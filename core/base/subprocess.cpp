// SPDX-License-Identifier: MIT
#include "core/base/subprocess.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/subprocess_spawn.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

// What a grandchild that left the group and kept a pipe open is waited for after the child's end.
constexpr auto drain_grace = 1000ms;
// Without a pidfd (old kernels) the end of the child is asked for so often.
constexpr auto exit_poll = 20ms;

// write() to a pipe whose reader is gone raises SIGPIPE, which kills a program that did not
// prepare for it. Holds the signal back in this thread and swallows it.
class SigpipeGuard {
  public:
    SigpipeGuard() {
        sigemptyset(&m_pipe);
        sigaddset(&m_pipe, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        m_was_pending = sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &m_pipe, &m_old);
    }
    SigpipeGuard(const SigpipeGuard&) = delete;
    SigpipeGuard& operator=(const SigpipeGuard&) = delete;
    ~SigpipeGuard() {
        const timespec no_wait{};
        while (!m_was_pending && sigtimedwait(&m_pipe, nullptr, &no_wait) < 0 && errno == EINTR) {
        }
        pthread_sigmask(SIG_SETMASK, &m_old, nullptr);
    }

  private:
    sigset_t m_pipe{};
    sigset_t m_old{};
    bool m_was_pending = false;
};

int poll_timeout(milliseconds timeout) {
    return timeout < 0ms ? -1
                         : static_cast<int>(std::min<std::int64_t>(timeout.count(), 86'400'000));
}

// The command line for the log. An argument may be a whole program (`-c …`).
std::string command_for_log(const std::vector<std::string>& args) {
    constexpr std::size_t most = 120;
    std::string text;
    for (const std::string& arg : args) {
        text += text.empty() ? "" : " ";
        text += arg.size() > most ? fmt::format("({} bytes)", arg.size()) : shell_quote(arg);
    }
    return text;
}

// The shorter of the two, where a negative one means for ever.
milliseconds shorter(milliseconds a, milliseconds b) {
    if (a < 0ms || b < 0ms) {
        return std::max(a, b);
    }
    return std::min(a, b);
}

} // namespace

struct Subprocess::State {
    ProcessOptions options;
    detail::SpawnedChild child;
    ProcessResult result;
    std::string out_line;
    std::string err_line;
    std::size_t stdin_written = 0;
    SteadyTime started = std::chrono::steady_clock::now();
    std::optional<SteadyTime> deadline;
    std::optional<SteadyTime> drain_until; // set when the child has ended
    bool reaped = false;

    ~State();
    void kill_group(int signal_number) const;
    void reap_if_ended();
    void reap(int status);
    [[nodiscard]] std::vector<pollfd> poll_set() const;
    [[nodiscard]] milliseconds poll_limit(milliseconds timeout) const;
    Expected<> check_limits();
    Expected<> read_stream(OutputStream stream);
    Expected<> take(OutputStream stream, std::string_view bytes);
    void take_lines(OutputStream stream, std::string& line, std::string_view bytes);
    void close_stream(OutputStream stream);
    void feed_stdin();
    [[nodiscard]] bool complete() const {
        return reaped && !child.out.is_open() && !child.err.is_open();
    }
};

Subprocess::State::~State() {
    if (child.pid > 0 && !reaped) {
        kill_group(SIGKILL);
        while (waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

void Subprocess::State::kill_group(int signal_number) const {
    if (!reaped) {
        kill(options.group == ProcessGroup::own ? -child.pid : child.pid, signal_number);
    }
}

// Before the child is reaped its number cannot be given to another process, so the rest of its
// family can be killed safely.
void Subprocess::State::reap_if_ended() {
    siginfo_t info{};
    if (reaped ||
        waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        return;
    }
    if (options.group == ProcessGroup::own) {
        kill_group(SIGKILL);
    }
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    reap(status);
}

void Subprocess::State::reap(int status) {
    reaped = true;
    drain_until = std::chrono::steady_clock::now() + drain_grace;
    child.in.reset();
    if (WIFSIGNALED(status)) {
        result.signal = WTERMSIG(status);
        result.exit_code = 128 + WTERMSIG(status);
    } else {
        result.exit_code = WEXITSTATUS(status);
    }
    const auto time = std::chrono::steady_clock::now() - started;
    options.log.debug("process: {} ({}) ended with {} after {}", child.pid, options.args.front(),
                      result.exit_code,
                      human_duration(std::chrono::duration_cast<milliseconds>(time)));
}

std::vector<pollfd> Subprocess::State::poll_set() const {
    std::vector<pollfd> set;
    for (const detail::OwnedFd* fd : {&child.out, &child.err}) {
        if (fd->is_open()) {
            set.push_back({fd->get(), POLLIN, 0});
        }
    }
    if (!reaped && child.process.is_open()) {
        set.push_back({child.process.get(), POLLIN, 0});
    }
    if (options.stdin_mode == StdinMode::bytes && child.in.is_open()) {
        set.push_back({child.in.get(), POLLOUT, 0});
    }
    if (options.cancel && !reaped) {
        set.push_back({options.cancel->wait_fd(), POLLIN, 0}); // poll ignores a negative one
    }
    return set;
}

milliseconds Subprocess::State::poll_limit(milliseconds timeout) const {
    const auto now = std::chrono::steady_clock::now();
    const auto until = [&](SteadyTime time) {
        return std::max(std::chrono::ceil<milliseconds>(time - now), 0ms);
    };
    if (deadline && !reaped) {
        timeout = shorter(timeout, until(*deadline));
    }
    if (drain_until) {
        timeout = shorter(timeout, until(*drain_until));
    }
    if (!reaped && !child.process.is_open()) {
        timeout = shorter(timeout, exit_poll);
    }
    return timeout;
}

// Timeout, cancellation, and pipes that somebody keeps open.
Expected<> Subprocess::State::check_limits() {
    const auto now = std::chrono::steady_clock::now();
    if (!reaped && options.cancel && options.cancel->cancelled()) {
        kill_group(SIGKILL);
        return fail(ErrorCode::cancelled, fmt::format("{} was cancelled", options.args.front()));
    }
    if (!reaped && deadline && now >= *deadline) {
        result.timed_out = true;
        deadline.reset();
        kill_group(SIGKILL);
    }
    if (drain_until && now >= *drain_until) {
        close_stream(OutputStream::out);
        close_stream(OutputStream::err);
    }
    return {};
}

void Subprocess::State::close_stream(OutputStream stream) {
    const bool is_out = stream == OutputStream::out;
    (is_out ? child.out : child.err).reset();
    std::string& line = is_out ? out_line : err_line;
    if (!line.empty() && options.on_line) {
        options.on_line(stream, line); // a last line without an end
    }
    line.clear();
}

void Subprocess::State::take_lines(OutputStream stream, std::string& line, std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t room =
            options.max_line_bytes - std::min(options.max_line_bytes, line.size());
        const std::size_t end = bytes.find('\n');
        const std::size_t count = std::min({end, bytes.size(), std::max<std::size_t>(room, 1)});
        line += bytes.substr(0, count);
        bytes.remove_prefix(count);
        const bool ended = bytes.starts_with('\n');
        if (!ended && line.size() < options.max_line_bytes) {
            continue;
        }
        if (ended) {
            bytes.remove_prefix(1);
        }
        std::string_view text = line;
        if (ended && text.ends_with('\r')) {
            text.remove_suffix(1);
        }
        if (options.on_line) {
            options.on_line(stream, text);
        }
        line.clear();
    }
}

Expected<> Subprocess::State::take(OutputStream stream, std::string_view bytes) {
    const bool is_out = stream == OutputStream::out;
    if ((is_out ? options.stdout_mode : options.stderr_mode) == OutputMode::lines) {
        take_lines(stream, is_out ? out_line : err_line, bytes);
        return {};
    }
    std::string& captured = is_out ? result.out : result.err;
    if (captured.size() + bytes.size() > options.max_capture_bytes) {
        kill_group(SIGKILL);
        return fail(ErrorCode::tool, fmt::format("{} printed more than {} bytes",
                                                 options.args.front(), options.max_capture_bytes));
    }
    captured += bytes;
    return {};
}

Expected<> Subprocess::State::read_stream(OutputStream stream) {
    char buffer[65536];
    // A few rounds only, so that a child that never stops printing cannot keep us here.
    for (int round = 0; round < 16; ++round) {
        const detail::OwnedFd& fd = stream == OutputStream::out ? child.out : child.err;
        if (!fd.is_open()) {
            return {};
        }
        const ssize_t count = read(fd.get(), buffer, sizeof buffer);
        if (count > 0) {
            auto taken = take(stream, {buffer, static_cast<std::size_t>(count)});
            if (!taken) {
                return taken;
            }
        } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_stream(stream);
        } else if (errno == EAGAIN) {
            return {};
        }
    }
    return {};
}

void Subprocess::State::feed_stdin() {
    if (options.stdin_mode != StdinMode::bytes || !child.in.is_open()) {
        return;
    }
    const SigpipeGuard guard;
    const std::string& bytes = options.stdin_bytes;
    while (stdin_written < bytes.size()) {
        const ssize_t count =
            write(child.in.get(), bytes.data() + stdin_written, bytes.size() - stdin_written);
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count < 0 && errno != EINTR) {
            break; // the child wants no more; its exit code tells whether that is bad
        }
        stdin_written += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    child.in.reset();
}

Subprocess::Subprocess(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Subprocess::Subprocess(Subprocess&&) noexcept = default;
Subprocess& Subprocess::operator=(Subprocess&&) noexcept = default;
Subprocess::~Subprocess() = default;

Expected<Subprocess> Subprocess::spawn(const ProcessOptions& options) {
    auto child = detail::spawn_child(options);
    if (!child) {
        options.log.info("process: {} did not start: {}",
                         options.args.empty() ? "" : options.args.front(), child.error().message);
        return propagate(child);
    }
    options.log.info("process: {} is {}", child->pid, command_for_log(options.args));
    auto state = std::make_unique<State>();
    state->options = options;
    state->child = std::move(*child);
    if (options.timeout) {
        state->deadline = std::chrono::steady_clock::now() + *options.timeout;
    }
    return Subprocess(std::move(state));
}

pid_t Subprocess::pid() const {
    return m_state->child.pid;
}

const ProcessResult& Subprocess::result() const {
    return m_state->result;
}

std::vector<int> Subprocess::poll_fds() const {
    std::vector<int> fds;
    for (const pollfd& entry : m_state->poll_set()) {
        if (entry.fd >= 0 && (entry.events & POLLIN) != 0) {
            fds.push_back(entry.fd);
        }
    }
    return fds;
}

Expected<bool> Subprocess::pump(milliseconds timeout) {
    State& state = *m_state;
    if (state.complete()) {
        return false;
    }
    std::vector<pollfd> set = state.poll_set();
    if (poll(set.data(), set.size(), poll_timeout(state.poll_limit(timeout))) < 0 &&
        errno != EINTR) {
        return fail_errno(ErrorCode::io, "cannot wait for a process", errno);
    }
    state.feed_stdin();
    state.reap_if_ended(); // first: what the child wrote before its end is then surely readable
    for (const OutputStream stream : {OutputStream::out, OutputStream::err}) {
        if (auto taken = state.read_stream(stream); !taken) {
            return propagate(taken);
        }
    }
    if (auto checked = state.check_limits(); !checked) {
        return propagate(checked);
    }
    return !state.complete();
}

Expected<> Subprocess::write_stdin(std::string_view bytes) {
    State& state = *m_state;
    const SigpipeGuard guard;
    while (!bytes.empty()) {
        if (!state.child.in.is_open()) {
            return fail(ErrorCode::tool,
                        fmt::format("{} reads no more", state.options.args.front()));
        }
        const ssize_t count = write(state.child.in.get(), bytes.data(), bytes.size());
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (count < 0 && errno == EAGAIN) {
            // Its output is taken meanwhile: it may be waiting for us as we wait for it.
            pollfd entry{state.child.in.get(), POLLOUT, 0};
            poll(&entry, 1, 10);
            if (auto pumped = pump(0ms); !pumped) {
                return propagate(pumped);
            }
        } else if (count < 0 && errno != EINTR) {
            const int error_number = errno;
            close_stdin();
            return fail_errno(ErrorCode::tool,
                              fmt::format("{} reads no more", state.options.args.front()),
                              error_number);
        }
    }
    return {};
}

void Subprocess::close_stdin() {
    m_state->child.in.reset();
}

Expected<> Subprocess::terminate(milliseconds grace) {
    m_state->options.cancel.reset(); // being cancelled is why most callers come here
    m_state->kill_group(SIGTERM);
    const auto until = std::chrono::steady_clock::now() + grace;
    while (true) {
        const auto left = until - std::chrono::steady_clock::now();
        if (!m_state->reaped && left <= 0ms) {
            m_state->kill_group(SIGKILL);
        }
        const auto wait_for = std::max(std::chrono::ceil<milliseconds>(left), 10ms);
        auto more = pump(wait_for);
        if (!more) {
            return propagate(more);
        }
        if (!*more) {
            return {};
        }
    }
}

Expected<ProcessResult> Subprocess::wait() {
    while (true) {
        auto more = pump(-1ms);
        if (!more) {
            return propagate(more);
        }
        if (!*more) {
            return m_state->result;
        }
    }
}

Expected<ProcessResult> run_process(const ProcessOptions& options) {
    auto process = Subprocess::spawn(options);
    if (!process) {
        return propagate(process);
    }
    return process->wait();
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/base/subprocess_spawn.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pymode::detail {

namespace {

struct Pipe {
    OwnedFd read_end;
    OwnedFd write_end;
};

Expected<Pipe> make_pipe() {
    std::array<int, 2> fds{};
    if (pipe2(fds.data(), O_CLOEXEC) != 0) {
        return fail_errno(ErrorCode::io, "cannot make a pipe", errno);
    }
    return Pipe{OwnedFd(fds[0]), OwnedFd(fds[1])};
}

// The descriptors that become 0, 1 and 2 of the child, and what must stay open until the fork.
struct ChildStreams {
    std::array<int, 3> fds{0, 1, 2};
    std::vector<OwnedFd> to_close;
};

// Everything the child needs, made before the fork: between fork and exec only functions that are
// safe in a signal handler may run.
struct ExecPlan {
    std::string program;
    std::vector<char*> argv;
    std::vector<char*> envp;
    std::string cwd;
    std::array<int, 3> streams{};
    bool own_group = true;
    pid_t parent = 0;
    int report_fd = -1;
};

struct ExecFailure {
    int error_number = 0;
    int in_chdir = 0;
};

[[noreturn]] void report_and_exit(int fd, ExecFailure failure) {
    [[maybe_unused]] const ssize_t written = write(fd, &failure, sizeof failure);
    _exit(127);
}

void reset_signals() {
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action {};
        action.sa_handler = SIG_DFL;
        sigaction(number, &action, nullptr); // fails for SIGKILL and SIGSTOP, as it should
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_child(const ExecPlan& plan) {
    if (plan.own_group) {
        setpgid(0, 0);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != plan.parent) {
        _exit(127); // the parent died before prctl
    }
    reset_signals();
    // First out of the way of 0, 1 and 2, then into their places: a source may be one of them.
    std::array<int, 3> moved{};
    for (std::size_t i = 0; i < moved.size(); ++i) {
        moved[i] = fcntl(plan.streams[i], F_DUPFD_CLOEXEC, 10);
    }
    for (std::size_t i = 0; i < moved.size(); ++i) {
        if (moved[i] < 0 || dup2(moved[i], static_cast<int>(i)) < 0) {
            report_and_exit(plan.report_fd, {errno, 0});
        }
    }
    // Descriptors of libraries that forgot O_CLOEXEC. Not on every kernel; then they pass.
    syscall(SYS_close_range, 3U, ~0U, 1U << 2U /* CLOSE_RANGE_CLOEXEC */);
    if (!plan.cwd.empty() && chdir(plan.cwd.c_str()) != 0) {
        report_and_exit(plan.report_fd, {errno, 1});
    }
    execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
    report_and_exit(plan.report_fd, {errno, 0});
}

Expected<int> open_null(int flags, ChildStreams& streams) {
    OwnedFd fd(open("/dev/null", flags | O_CLOEXEC));
    if (!fd.is_open()) {
        return fail_errno(ErrorCode::io, "cannot open /dev/null", errno);
    }
    streams.to_close.push_back(std::move(fd));
    return streams.to_close.back().get();
}

Expected<> plan_stdin(const ProcessOptions& options, ChildStreams& streams, OwnedFd& ours) {
    if (options.stdin_mode == StdinMode::inherit) {
        return {};
    }
    if (options.stdin_mode == StdinMode::null) {
        auto fd = open_null(O_RDONLY, streams);
        if (!fd) {
            return propagate(fd);
        }
        streams.fds[0] = *fd;
        return {};
    }
    auto pipe = make_pipe();
    if (!pipe) {
        return propagate(pipe);
    }
    streams.fds[0] = pipe->read_end.get();
    streams.to_close.push_back(std::move(pipe->read_end));
    ours = std::move(pipe->write_end);
    return {};
}

Expected<> plan_output(OutputMode mode, std::size_t index, ChildStreams& streams, OwnedFd& ours) {
    if (mode == OutputMode::inherit) {
        return {};
    }
    if (mode == OutputMode::discard) {
        auto fd = open_null(O_WRONLY, streams);
        if (!fd) {
            return propagate(fd);
        }
        streams.fds[index] = *fd;
        return {};
    }
    auto pipe = make_pipe();
    if (!pipe) {
        return propagate(pipe);
    }
    streams.fds[index] = pipe->write_end.get();
    streams.to_close.push_back(std::move(pipe->write_end));
    ours = std::move(pipe->read_end);
    return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

std::unexpected<Error> cannot_start(const std::string& program, int error_number) {
    const bool absent = error_number == ENOENT;
    return fail_errno(absent ? ErrorCode::not_found : ErrorCode::tool,
                      fmt::format("cannot start {}", program), error_number);
}

// The child writes to the pipe only when exec failed; at exec the pipe closes by itself.
Expected<> await_exec(int report_fd, pid_t pid, const ProcessOptions& options) {
    ExecFailure failure;
    ssize_t count = 0;
    do {
        count = read(report_fd, &failure, sizeof failure);
    } while (count < 0 && errno == EINTR);
    if (count != sizeof failure) {
        return {};
    }
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (failure.in_chdir != 0) {
        return fail_errno(ErrorCode::io, fmt::format("cannot enter {}", options.cwd.string()),
                          failure.error_number);
    }
    return cannot_start(options.args.front(), failure.error_number);
}

void make_nonblocking(const OwnedFd& fd) {
    if (fd.is_open()) {
        fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    }
}

} // namespace

void OwnedFd::reset() {
    if (m_fd >= 0) {
        close(m_fd);
        m_fd = -1;
    }
}

Expected<SpawnedChild> spawn_child(const ProcessOptions& options) {
    if (options.args.empty()) {
        return fail(ErrorCode::internal, "a process without a program");
    }
    const auto program = options.env.find_program(options.args.front());
    if (!program) {
        return cannot_start(options.args.front(), ENOENT);
    }
    SpawnedChild child;
    ChildStreams streams;
    if (auto planned = plan_stdin(options, streams, child.in); !planned) {
        return propagate(planned);
    }
    if (auto planned = plan_output(options.stdout_mode, 1, streams, child.out); !planned) {
        return propagate(planned);
    }
    if (auto planned = plan_output(options.stderr_mode, 2, streams, child.err); !planned) {
        return propagate(planned);
    }
    auto report = make_pipe();
    if (!report) {
        return propagate(report);
    }

    std::vector<std::string> args = options.args;
    std::vector<std::string> environment = options.env.entries();
    ExecPlan plan;
    plan.program = std::filesystem::absolute(*program).string(); // before the child's chdir
    plan.argv = pointers(args);
    plan.envp = pointers(environment);
    plan.cwd = options.cwd.string();
    plan.streams = streams.fds;
    plan.own_group = options.group == ProcessGroup::own;
    plan.parent = getpid();
    // Out of the way of 0 to 2, which the child overwrites.
    plan.report_fd = fcntl(report->write_end.get(), F_DUPFD_CLOEXEC, 10);
    report->write_end = OwnedFd(plan.report_fd);

    child.pid = fork();
    if (child.pid < 0) {
        return fail_errno(ErrorCode::tool, fmt::format("cannot start {}", options.args.front()),
                          errno);
    }
    if (child.pid == 0) {
        run_child(plan);
    }
    if (plan.own_group) {
        setpgid(child.pid, child.pid); // here too: a kill may come before the child's own call
    }
    report->write_end.reset();
    if (auto started = await_exec(report->read_end.get(), child.pid, options); !started) {
        return propagate(started);
    }
    child.process = OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
    make_nonblocking(child.in);
    make_nonblocking(child.out);
    make_nonblocking(child.err);
    return child;
}

} // namespace pymode::detail

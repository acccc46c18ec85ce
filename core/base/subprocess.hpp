// SPDX-License-Identifier: MIT
// Child processes. Each one leads its own process group, is killed when the thread that started it
// dies (PR_SET_PDEATHSIG), inherits no descriptor but the standard three, and never sees a shell.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "core/base/cancel.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace pymode {

enum class StdinMode {
    null,    // /dev/null
    inherit, // ours
    bytes,   // `ProcessOptions::stdin_bytes`, then end of file
    pipe,    // the caller writes with `Subprocess::write_stdin`
};

enum class OutputMode {
    capture, // into the result
    inherit, // ours
    discard, // /dev/null
    lines,   // to `ProcessOptions::on_line`
};

enum class ProcessGroup {
    own,    // a group of its own, so that the whole family can be killed
    shared, // ours: for interactive children that share the terminal and its Ctrl-C
};

enum class OutputStream { out, err };

struct ProcessOptions {
    std::vector<std::string> args; // args[0] is the program: a path, or a name looked up in env
    Env env;
    std::filesystem::path cwd; // empty: ours
    ProcessGroup group = ProcessGroup::own;
    StdinMode stdin_mode = StdinMode::null;
    std::string stdin_bytes;
    OutputMode stdout_mode = OutputMode::capture;
    OutputMode stderr_mode = OutputMode::capture;
    // Called in the thread that waits or pumps, without the line end. A line longer than
    // `max_line_bytes` arrives in pieces.
    std::function<void(OutputStream, std::string_view line)> on_line;
    std::size_t max_line_bytes = 1 << 20;
    std::size_t max_capture_bytes = 64 << 20; // more than this in one stream is an error
    std::optional<std::chrono::milliseconds> timeout;
    std::optional<CancelToken> cancel;
    // Told the command line (shortened, without the environment) and how it ended.
    Log log{};
};

struct ProcessResult {
    int exit_code = 0;         // 128 + signal if a signal ended it
    std::optional<int> signal; // the signal that ended it
    bool timed_out = false;
    std::string out;
    std::string err;

    [[nodiscard]] bool ok() const { return exit_code == 0 && !timed_out; }
};

// Runs it to its end. A program that does not exist is ErrorCode::not_found; a program that ends
// with another code than 0 is a result, not an error; a timeout kills the group and says so in the
// result; a cancelled token kills the group and is ErrorCode::cancelled.
[[nodiscard]] Expected<ProcessResult> run_process(const ProcessOptions& options);

// A child that lives beside the caller. Nothing happens in the background: the caller calls `pump`,
// possibly after polling `poll_fds` together with descriptors of its own.
class Subprocess {
  public:
    [[nodiscard]] static Expected<Subprocess> spawn(const ProcessOptions& options);
    Subprocess(Subprocess&& other) noexcept;
    Subprocess& operator=(Subprocess&& other) noexcept;
    ~Subprocess(); // kills the group if it still runs

    [[nodiscard]] pid_t pid() const;

    // Readable when `pump` has something to do (output, or the end of the process).
    [[nodiscard]] std::vector<int> poll_fds() const;

    // Waits at most `timeout` (negative: for ever) for something to happen, hands out what came.
    // True while the process runs or output may still come; false when `result` is complete.
    [[nodiscard]] Expected<bool> pump(std::chrono::milliseconds timeout);

    // Everything is written, or it is an error (ErrorCode::tool when the child closed its end).
    [[nodiscard]] Expected<> write_stdin(std::string_view bytes);
    void close_stdin();

    // SIGTERM to the group, SIGKILL after `grace`; returns when it is gone.
    Expected<> terminate(std::chrono::milliseconds grace);

    // Pumps to the end, as `run_process`.
    [[nodiscard]] Expected<ProcessResult> wait();

    // Complete once `pump` has returned false.
    [[nodiscard]] const ProcessResult& result() const;

  private:
    struct State;
    explicit Subprocess(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace pymode

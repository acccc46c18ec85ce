// SPDX-License-Identifier: MIT
#include "core/base/subprocess.hpp"

#include <csignal>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

using namespace pymode;
using namespace std::chrono_literals;

namespace {

ProcessOptions shell(const std::string& script) {
    ProcessOptions options;
    options.args = {"sh", "-c", script};
    options.env = Env{{"PATH", "/usr/bin:/bin"}, {"COLOUR", "blue"}};
    return options;
}

bool is_alive(pid_t pid) {
    // A zombie that init has not reaped yet counts as gone.
    const auto stat = read_text_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    return stat && stat->find(") Z") == std::string::npos;
}

// Waits for the end of a process that is not our child.
bool ends_soon(pid_t pid) {
    for (int i = 0; i < 500 && is_alive(pid); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    return !is_alive(pid);
}

} // namespace

TEST_CASE("output, exit code, environment and folder") {
    ProcessOptions options = shell("echo out; echo $COLOUR $HOME; pwd; echo err >&2; exit 3");
    options.cwd = "/";
    const ProcessResult result = run_process(options).value();
    CHECK(result.out == "out\nblue\n/\n");
    CHECK(result.err == "err\n");
    CHECK(result.exit_code == 3);
    CHECK_FALSE(result.ok());
    CHECK_FALSE(result.signal.has_value());
}

TEST_CASE("what cannot be started is an error") {
    ProcessOptions options = shell("");
    options.args = {"no-such-program"};
    CHECK(run_process(options).error().code == ErrorCode::not_found);
    options = shell("true");
    options.cwd = "/nowhere";
    CHECK(run_process(options).error().code == ErrorCode::io);
    CHECK(run_process(options).error().message == "cannot enter /nowhere");
    options.args.clear();
    CHECK(run_process(options).error().code == ErrorCode::internal);
}

TEST_CASE("a signal is reported") {
    const ProcessResult result = run_process(shell("kill -TERM $$")).value();
    CHECK(result.signal == SIGTERM);
    CHECK(result.exit_code == 128 + SIGTERM);
}

TEST_CASE("much input and much output at the same time") {
    ProcessOptions options = shell("cat; cat /dev/null");
    options.stdin_mode = StdinMode::bytes;
    options.stdin_bytes = std::string(3'000'000, 'x') + "end";
    const ProcessResult result = run_process(options).value();
    CHECK(result.out == options.stdin_bytes);
    CHECK(result.ok());
}

TEST_CASE("a child that does not read its input is no reason to die") {
    ProcessOptions options = shell("exec <&-; echo done");
    options.stdin_mode = StdinMode::bytes;
    options.stdin_bytes = std::string(3'000'000, 'x');
    CHECK(run_process(options)->out == "done\n");
}

TEST_CASE("captured output is bounded") {
    ProcessOptions options = shell("yes");
    options.max_capture_bytes = 10'000;
    CHECK(run_process(options).error().code == ErrorCode::tool);
}

TEST_CASE("lines arrive one by one, long ones in pieces") {
    ProcessOptions options =
        shell("printf 'a\\r\\nb\\n\\n'; printf 'x%.0s' 1 2 3 4 5 6; printf last >&2");
    std::vector<std::string> out;
    std::vector<std::string> err;
    options.stdout_mode = OutputMode::lines;
    options.stderr_mode = OutputMode::lines;
    options.max_line_bytes = 4;
    options.on_line = [&](OutputStream stream, std::string_view line) {
        (stream == OutputStream::out ? out : err).emplace_back(line);
    };
    REQUIRE(run_process(options));
    CHECK(out == std::vector<std::string>{"a", "b", "", "xxxx", "xx"});
    CHECK(err == std::vector<std::string>{"last"});
}

TEST_CASE("a timeout ends the whole family") {
    ProcessOptions options = shell("sleep 100 & echo $!; sleep 100");
    options.timeout = 200ms;
    const ProcessResult result = run_process(options).value();
    CHECK(result.timed_out);
    CHECK(result.signal == SIGKILL);
    const auto grandchild = static_cast<pid_t>(parse_unsigned(trim(result.out)).value());
    CHECK(ends_soon(grandchild));
}

TEST_CASE("a grandchild left behind ends with the child") {
    const ProcessResult result = run_process(shell("sleep 100 & echo $!")).value();
    CHECK(result.ok());
    CHECK(ends_soon(static_cast<pid_t>(parse_unsigned(trim(result.out)).value())));
}

TEST_CASE("cancellation kills") {
    ProcessOptions options = shell("sleep 100");
    options.cancel = CancelToken();
    std::thread canceller([token = *options.cancel] { token.cancel(); });
    CHECK(run_process(options).error().code == ErrorCode::cancelled);
    canceller.join();
}

TEST_CASE("a conversation over pipes") {
    ProcessOptions options = shell("while read line; do echo got $line; done; echo bye");
    options.stdin_mode = StdinMode::pipe;
    options.stdout_mode = OutputMode::lines;
    std::vector<std::string> lines;
    options.on_line = [&](OutputStream, std::string_view line) { lines.emplace_back(line); };
    auto process = Subprocess::spawn(options).value();
    for (const std::string word : {"one", "two"}) {
        const std::size_t before = lines.size();
        REQUIRE(process.write_stdin(word + "\n"));
        while (lines.size() == before) {
            REQUIRE(process.pump(-1ms));
        }
        CHECK(lines.back() == "got " + word);
    }
    CHECK(process.poll_fds().size() >= 2);
    process.close_stdin();
    CHECK(process.wait()->ok());
    CHECK(lines.back() == "bye");
}

TEST_CASE("terminate asks first, then insists") {
    ProcessOptions options =
        shell("trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
    auto polite = Subprocess::spawn(options).value();
    while (polite.result().out.empty()) {
        REQUIRE(polite.pump(-1ms));
    }
    REQUIRE(polite.terminate(5s));
    CHECK(polite.result().exit_code == 7);
    CHECK(polite.result().out == "ready\nasked\n");

    options.args.back() = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
    auto stubborn = Subprocess::spawn(options).value();
    while (stubborn.result().out.empty()) {
        REQUIRE(stubborn.pump(-1ms));
    }
    REQUIRE(stubborn.terminate(50ms));
    CHECK(stubborn.result().signal == SIGKILL);
}

TEST_CASE("the child goes when its Subprocess goes") {
    pid_t pid = 0;
    {
        const auto process = Subprocess::spawn(shell("sleep 100")).value();
        pid = process.pid();
        CHECK(is_alive(pid));
    }
    CHECK_FALSE(is_alive(pid));
}

TEST_CASE("a child starts with default signals and no foreign descriptors") {
    const int leaked = dup(STDERR_FILENO); // without O_CLOEXEC
    std::signal(SIGPIPE, SIG_IGN);
    const ProcessResult result =
        run_process(shell("grep SigIgn /proc/self/status; ls /proc/$$/fd | grep -x " +
                          std::to_string(leaked)))
            .value();
    std::signal(SIGPIPE, SIG_DFL);
    close(leaked);
    CHECK(result.out == "SigIgn:\t0000000000000000\n");
}

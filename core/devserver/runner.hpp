// SPDX-License-Identifier: MIT
// The Node process that runs the bundle in workerd (runtime/dev/runner.mjs), seen from here.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/subprocess.hpp"
#include "core/project/dev_vars.hpp"
#include "core/project/worker_config.hpp"
#include "core/toolchain/node_tools.hpp"

namespace pymode {

struct RunnerEvent {
    enum class Kind {
        ready,    // text: the URL; scheduled
        reloaded, // milliseconds
        log,      // level, text
        port_in_use,
        failed, // text
        output, // text: a line that is no event, from Node or workerd itself
    };

    Kind kind = Kind::output;
    std::string text{};
    std::string level{};
    std::chrono::milliseconds milliseconds{0};
    std::string scheduled{}; // the URL that runs a schedule, with "?cron=…"
};

// One line of the runner's output.
RunnerEvent parse_runner_line(std::string_view line);

// What a rebuild may change beside the bundle.
struct RunnerSettings {
    std::vector<DevVar> vars;
    std::vector<QueueConsumer> consumers;
    std::filesystem::path assets; // the folder, absolute; empty: none

    bool operator==(const RunnerSettings&) const = default;
};

struct RunnerOptions {
    NodeTools tools;
    std::filesystem::path script; // runner.mjs
    std::filesystem::path bundle;
    std::filesystem::path state;
    std::string host;
    int port = 0;
    RunnerSettings settings;
    Env env;
    std::filesystem::path cwd;
    Log log{};
};

class Runner {
  public:
    // Starts it; what it says arrives at `on_event`, called from `pump`.
    static Expected<Runner> start(const RunnerOptions& options,
                                  std::function<void(RunnerEvent)> on_event);

    [[nodiscard]] std::vector<int> poll_fds() const { return m_process.poll_fds(); }

    // False when it has ended.
    Expected<bool> pump() { return m_process.pump(std::chrono::milliseconds(0)); }

    // Takes the bundle's folder as it is now.
    Expected<> reload(const RunnerSettings& settings);

    // Asks it to end, and makes it end if it does not.
    Expected<> stop();

  private:
    explicit Runner(Subprocess process) : m_process(std::move(process)) {}

    Subprocess m_process;
};

} // namespace pymode

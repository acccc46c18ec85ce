// SPDX-License-Identifier: MIT
#include "core/devserver/dev_server.hpp"

#include <algorithm>
#include <deque>
#include <optional>

#include <poll.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/devserver/dev_build.hpp"
#include "core/devserver/local_storage.hpp"
#include "core/devserver/port.hpp"
#include "core/devserver/runner.hpp"
#include "core/devserver/session_folder.hpp"
#include "core/devserver/watcher.hpp"

namespace pymode {
namespace {

using std::chrono::milliseconds;

// A save is several events (write, rename, attributes), often of several files: the build begins
// when so long nothing more has come, …
constexpr milliseconds kQuiet{30};
// … or after so long of uninterrupted events.
constexpr milliseconds kPatience{500};

// Lines of Node and workerd that are kept to explain an unexpected end.
constexpr std::size_t kKeptLines = 20;

constexpr std::string_view kRunnerAsset = "dev/runner.mjs";

class DevSession {
  public:
    DevSession(Project project, const DevOptions& options, const DevContext& context,
               SessionFolder work, FileWatcher watcher)
        : m_project(std::move(project)), m_options(options), m_context(context),
          m_work(std::move(work)), m_watcher(std::move(watcher)),
          m_build(m_work.path() / "bundle", context.assets, context.compile, context.bytecode),
          m_started(context.clock) {}

    Expected<> run() {
        Expected<> result = start();
        while (result && !m_context.cancel.cancelled()) {
            result = turn();
        }
        if (m_runner) {
            const Expected<> stopped = m_runner->stop();
            if (result) {
                result = stopped;
            }
        }
        return result;
    }

  private:
    Expected<> start() {
        Expected<RunnerSettings> settings = read_settings(m_project);
        if (!settings) {
            return propagate(settings);
        }
        if (Expected<bool> built = m_build.update(m_project); !built) {
            return propagate(built);
        }
        m_settings = std::move(*settings);
        if (Expected<> written = write_runner_script(); !written) {
            return written;
        }
        return start_runner();
    }

    [[nodiscard]] Expected<RunnerSettings> read_settings(const Project& project) const {
        Expected<std::vector<DevVar>> vars = read_dev_vars(project, m_options.vars);
        if (!vars) {
            return propagate(vars);
        }
        const std::optional<Assets>& assets = project.worker.assets;
        return RunnerSettings{std::move(*vars), project.worker.consumers,
                              assets ? (project.root / assets->directory).lexically_normal()
                                     : fs::path()};
    }

    Expected<> write_runner_script() {
        const auto script = std::ranges::find(m_context.assets, kRunnerAsset, &Asset::name);
        if (script == m_context.assets.end()) {
            return fail(ErrorCode::internal,
                        fmt::format("this executable was built without {}", kRunnerAsset));
        }
        return write_file_atomic(script_path(), script->bytes);
    }

    [[nodiscard]] fs::path script_path() const { return m_work.path() / "runner.mjs"; }

    Expected<> start_runner() {
        for (const DevVar& variable : m_settings.vars) {
            m_context.console.log().hide(variable.value); // often a secret
        }
        const fs::path state = local_state(m_project.root);
        if (Expected<> made = make_directories(state); !made) {
            return made;
        }
        Expected<Runner> runner =
            Runner::start({m_context.tools, script_path(), m_build.folder(), state, m_options.host,
                           m_port.value_or(m_options.port), m_settings, m_context.env,
                           m_project.root, m_context.console.log()},
                          [this](RunnerEvent event) { m_events.push_back(std::move(event)); });
        if (!runner) {
            return propagate(runner);
        }
        m_runner = std::move(*runner);
        return {};
    }

    // Waits until something happens and deals with it.
    Expected<> turn() {
        if (Expected<> waited = wait(); !waited) {
            return waited;
        }
        if (m_runner) {
            Expected<bool> running = m_runner->pump();
            if (!running) {
                return propagate(running);
            }
            if (Expected<> handled = handle_events(); !handled) {
                return handled;
            }
            if (!*running) {
                m_runner.reset();
                return runner_ended();
            }
        }
        Expected<bool> changed = m_watcher.drain(m_project);
        if (!changed) {
            return propagate(changed);
        }
        if (*changed) {
            m_last_change = m_context.clock.now();
            m_first_change = m_first_change.value_or(m_last_change);
        }
        if (m_first_change && time_to_build().count() <= 0) {
            m_first_change.reset();
            rebuild();
        }
        return {};
    }

    [[nodiscard]] milliseconds time_to_build() const {
        const auto at = std::min(m_last_change + kQuiet, *m_first_change + kPatience);
        return std::chrono::ceil<milliseconds>(at - m_context.clock.now());
    }

    Expected<> wait() {
        std::vector<pollfd> fds = {{m_watcher.fd(), POLLIN, 0},
                                   {m_context.cancel.wait_fd(), POLLIN, 0}};
        if (m_runner) {
            for (const int fd : m_runner->poll_fds()) {
                fds.push_back({fd, POLLIN, 0});
            }
        }
        const int timeout =
            m_first_change ? static_cast<int>(std::max(time_to_build().count(), 0L)) : -1;
        if (poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) {
            return fail_errno(ErrorCode::io, "cannot wait for events", errno);
        }
        return {};
    }

    Expected<> handle_events() {
        while (!m_events.empty()) {
            const RunnerEvent event = std::move(m_events.front());
            m_events.pop_front();
            if (Expected<> handled = handle(event); !handled) {
                return handled;
            }
        }
        return {};
    }

    Expected<> handle(const RunnerEvent& event) {
        switch (event.kind) {
        case RunnerEvent::Kind::ready:
            announce(event);
            break;
        case RunnerEvent::Kind::reloaded:
            m_context.console.success(
                fmt::format("reloaded in {}", human_duration(since_change())));
            break;
        case RunnerEvent::Kind::log:
            show_log(event);
            break;
        case RunnerEvent::Kind::port_in_use:
            return std::unexpected(port_in_use(m_options.port));
        case RunnerEvent::Kind::failed:
            m_failure = event.text;
            break;
        case RunnerEvent::Kind::output:
            m_context.console.detail(printable(event.text));
            m_last_output.push_back(printable(event.text));
            if (m_last_output.size() > kKeptLines) {
                m_last_output.pop_front();
            }
            break;
        }
        return {};
    }

    void announce(const RunnerEvent& ready) {
        const std::string& url = ready.text;
        Console& console = m_context.console;
        if (m_port) { // it is back after a failure
            console.success(fmt::format("reloaded in {}", human_duration(since_change())));
            return;
        }
        // A restart must answer at the same address, also when the system chose the port.
        m_port = m_options.port != 0 ? m_options.port : port_of(url);
        console.print(fmt::format("ready on {} ({})", console.styled_out(Style::bold, url),
                                  human_duration(m_started.elapsed())));
        console.print_json(nlohmann::json{{"url", url}}.dump());
        if (m_project.worker.crons && !m_project.worker.crons->empty()) {
            console.info(fmt::format("schedules run when asked for: {}?cron=…", ready.scheduled));
        }
        console.info("press Ctrl-C to stop");
    }

    static int port_of(std::string_view url) {
        return static_cast<int>(parse_unsigned(url.substr(url.rfind(':') + 1)).value_or(0));
    }

    void show_log(const RunnerEvent& event) {
        const Style style = event.level == "error"  ? Style::red
                            : event.level == "warn" ? Style::yellow
                                                    : Style::dim;
        const std::string prefix = m_context.console.styled(style, "| ");
        for (const std::string_view line : split_lines(event.text)) {
            m_context.console.foreign_line(prefix, line);
        }
    }

    // Before the first answer this is the end; later the next change starts it again.
    Expected<> runner_ended() {
        Error error;
        error.code = ErrorCode::tool;
        error.message = "workerd cannot run this Worker";
        for (const std::string_view line : split_lines(m_failure)) {
            error.notes.push_back(printable(line));
        }
        if (m_failure.empty()) {
            error.message = "Node ended unexpectedly";
            error.notes.assign(m_last_output.begin(), m_last_output.end());
        }
        m_failure.clear();
        m_last_output.clear();
        if (!m_port) {
            return std::unexpected(std::move(error));
        }
        error.hint = "the next saved change starts it again";
        m_context.console.print_error(error);
        return {};
    }

    [[nodiscard]] milliseconds since_change() const {
        return std::chrono::duration_cast<milliseconds>(m_context.clock.now() - m_last_change);
    }

    // A project that cannot be built is shown; what ran before goes on.
    void rebuild() {
        if (Expected<> done = try_rebuild(); !done) {
            m_context.console.print_error(done.error());
        }
    }

    Expected<> try_rebuild() {
        Expected<Project> project =
            load_project(m_project.root, {m_options.entry, m_project.worker.environment});
        if (!project) {
            return propagate(project);
        }
        Expected<RunnerSettings> settings = read_settings(*project);
        if (!settings) {
            return propagate(settings);
        }
        Expected<bool> changed = m_build.update(*project);
        if (!changed) {
            return propagate(changed);
        }
        if (project->warnings != m_project.warnings) {
            for (const std::string& warning : project->warnings) {
                m_context.console.warn(warning);
            }
        }
        m_project = std::move(*project);
        const bool other_settings = *settings != m_settings;
        m_settings = std::move(*settings);
        if (!m_runner) {
            return start_runner();
        }
        if (!*changed && !other_settings) {
            m_context.console.detail("nothing to reload");
            return {};
        }
        return m_runner->reload(m_settings);
    }

    Project m_project;
    const DevOptions& m_options;
    const DevContext& m_context;
    SessionFolder m_work; // the bundle and the runner's script
    FileWatcher m_watcher;
    DevBuild m_build;
    Stopwatch m_started;
    RunnerSettings m_settings;
    std::deque<RunnerEvent> m_events;
    std::optional<Runner> m_runner;
    std::optional<int> m_port; // since the first answer
    std::string m_failure;
    std::deque<std::string> m_last_output;
    std::optional<std::chrono::steady_clock::time_point> m_first_change;
    std::chrono::steady_clock::time_point m_last_change{};
};

} // namespace

Expected<> run_dev_server(const Project& project, const DevOptions& options,
                          const DevContext& context) {
    Expected<SessionFolder> work = SessionFolder::create({}, context.console.log());
    if (!work) {
        return propagate(work);
    }
    // Watched before it is read: a change during the first build counts.
    Expected<FileWatcher> watcher = FileWatcher::create(project);
    if (!watcher) {
        return propagate(watcher);
    }
    return DevSession(project, options, context, std::move(*work), std::move(*watcher)).run();
}

} // namespace pymode

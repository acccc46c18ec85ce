// SPDX-License-Identifier: MIT
#include "core/devserver/worker_session.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <poll.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::string_view kRunnerAsset = "dev/runner.mjs";
constexpr std::chrono::seconds kStartTimeout{60};
constexpr std::chrono::minutes kAnswerTimeout{5};
constexpr std::size_t kKeptLines = 30;

} // namespace

struct WorkerSession::State {
    std::unique_ptr<Http> http;
    std::string url; // empty until it is ready
    std::string failure;
    std::deque<std::string> said; // the last lines that it logged
    std::optional<Runner> runner; // ends first: it reports to the others until then

    void handle(const RunnerEvent& event) {
        if (event.kind == RunnerEvent::Kind::ready) {
            url = event.text;
        } else if (event.kind == RunnerEvent::Kind::failed) {
            failure = event.text;
        } else if (event.kind == RunnerEvent::Kind::log ||
                   event.kind == RunnerEvent::Kind::output) {
            said.push_back(printable(event.text));
            if (said.size() > kKeptLines) {
                said.pop_front();
            }
        }
    }

    [[nodiscard]] std::unexpected<Error> failed(std::string message) const {
        auto error = fail(ErrorCode::tool, std::move(message));
        if (!failure.empty()) {
            error.error().notes.push_back(printable(failure));
        }
        error.error().notes.insert(error.error().notes.end(), said.begin(), said.end());
        return error;
    }

    Expected<> wait_until_ready(const SessionContext& context) {
        const Stopwatch watch(context.clock);
        while (url.empty()) {
            if (context.cancel.cancelled()) {
                return fail(ErrorCode::cancelled, "stopped");
            }
            if (watch.elapsed() > kStartTimeout) {
                return failed(fmt::format("workerd does not answer within {} seconds",
                                          kStartTimeout.count()));
            }
            std::vector<pollfd> fds = {{context.cancel.wait_fd(), POLLIN, 0}};
            for (const int fd : runner->poll_fds()) {
                fds.push_back({fd, POLLIN, 0});
            }
            if (poll(fds.data(), fds.size(), 1'000) < 0 && errno != EINTR) {
                return fail_errno(ErrorCode::io, "cannot wait for workerd", errno);
            }
            Expected<bool> running = runner->pump();
            if (!running) {
                return propagate(running);
            }
            if (!*running && url.empty()) {
                return failed("the Worker does not start");
            }
        }
        return {};
    }
};

Expected<WorkerSession> WorkerSession::start(const SessionContext& context, const fs::path& work,
                                             const fs::path& storage) {
    const auto script = std::ranges::find(context.assets, kRunnerAsset, &Asset::name);
    if (script == context.assets.end()) {
        return fail(ErrorCode::internal,
                    fmt::format("this executable was built without {}", kRunnerAsset));
    }
    const fs::path runner_script = work / "runner.mjs";
    if (Expected<> written = write_file_atomic(runner_script, script->bytes); !written) {
        return propagate(written);
    }
    if (Expected<> made = make_directories(storage); !made) {
        return propagate(made);
    }
    auto state = std::make_shared<State>();
    Expected<std::unique_ptr<Http>> http =
        make_http_client({.user_agent = fmt::format("pymode/{}", PYMODE_VERSION),
                          .env = Env(), // no proxy on the way to 127.0.0.1
                          .cancel = context.cancel},
                         context.clock);
    if (!http) {
        return propagate(http);
    }
    state->http = *std::move(http);
    Expected<Runner> runner =
        Runner::start({context.tools,
                       runner_script,
                       work / "bundle",
                       storage,
                       "127.0.0.1",
                       0,
                       {},
                       context.env,
                       work},
                      [raw = state.get()](const RunnerEvent& event) { raw->handle(event); });
    if (!runner) {
        return propagate(runner);
    }
    state->runner = *std::move(runner);
    if (Expected<> ready = state->wait_until_ready(context); !ready) {
        return propagate(ready);
    }
    return WorkerSession(std::move(state));
}

const std::string& WorkerSession::url() const {
    return m_state->url;
}

Expected<std::string> WorkerSession::get(std::string_view path_and_query) {
    HttpRequest request;
    request.url = m_state->url + std::string(path_and_query);
    request.timeouts.idle = kAnswerTimeout;
    request.retry.max_attempts = 1;
    const Expected<HttpResponse> response = m_state->http->send(request);
    if (const Expected<bool> pumped = m_state->runner->pump(); !pumped) {
        return propagate(pumped);
    }
    if (!response) {
        return std::unexpected(m_state->failed(response.error().message));
    }
    if (!response->ok()) {
        auto error = fail(ErrorCode::tool,
                          fmt::format("the Worker answered with status {}", response->status));
        error.error().notes.push_back(std::string(trim(printable(response->text()))));
        return error;
    }
    return std::string(response->text());
}

Expected<> WorkerSession::stop() {
    return m_state->runner->stop();
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// A bundle in workerd for as long as somebody has questions: what `pymode recipe test` asks.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/http.hpp"
#include "core/bundle/assets.hpp"
#include "core/devserver/runner.hpp"
#include "core/toolchain/node_tools.hpp"

namespace pymode {

struct SessionContext {
    Clock& clock;
    const Env& env;
    const CancelToken& cancel;
    std::span<const Asset> assets;
    NodeTools tools;
};

class WorkerSession {
  public:
    // Runs the bundle in `work`/bundle on a free port of 127.0.0.1. What its bindings store is kept
    // in `state`; everything else that is written goes below `work`. Returns when it answers, with
    // what it logged when it does not.
    [[nodiscard]] static Expected<WorkerSession> start(const SessionContext& context,
                                                       const std::filesystem::path& work,
                                                       const std::filesystem::path& state);

    // "http://127.0.0.1:PORT"
    [[nodiscard]] const std::string& url() const;

    // The body of a successful answer; another one is ErrorCode::tool with the body as a note.
    [[nodiscard]] Expected<std::string> get(std::string_view path_and_query);

    Expected<> stop();

  private:
    struct State; // has an address of its own: the runner's callback knows it
    explicit WorkerSession(std::shared_ptr<State> state) : m_state(std::move(state)) {}
    std::shared_ptr<State> m_state;
};

} // namespace pymode

// SPDX-License-Identifier: MIT
// One flag that asks running work to stop: Ctrl-C sets it, the HTTP client and subprocesses heed
// it.
#pragma once

#include <memory>

namespace pymode {

// Copies share the flag. `cancel` may be called from a signal handler or any thread.
class CancelToken {
  public:
    CancelToken();

    void cancel() const noexcept;
    [[nodiscard]] bool cancelled() const noexcept;

    // Readable (poll) from the moment of cancellation on; never read from it. -1 if the system gave
    // no descriptor: then wait in slices and ask `cancelled`.
    [[nodiscard]] int wait_fd() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> m_state;
};

// SIGINT and SIGTERM cancel `token` until this object ends; a second signal kills the process as if
// there were no handler. At most one lives at a time. SIGPIPE is ignored from then on.
class SignalCancellation {
  public:
    explicit SignalCancellation(const CancelToken& token);
    ~SignalCancellation();
    SignalCancellation(const SignalCancellation&) = delete;
    SignalCancellation& operator=(const SignalCancellation&) = delete;

  private:
    CancelToken m_token;
};

} // namespace pymode

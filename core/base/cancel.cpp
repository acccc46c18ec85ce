// SPDX-License-Identifier: MIT
#include "core/base/cancel.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace pymode {

struct CancelToken::State {
    std::atomic<bool> flag = false;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (fd >= 0) {
            close(fd);
        }
    }
};

CancelToken::CancelToken() : m_state(std::make_shared<State>()) {}

void CancelToken::cancel() const noexcept {
    const int saved_errno = errno; // a signal handler must not disturb the code it interrupts
    m_state->flag.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    // Fails only when the counter is full: then it is readable already.
    [[maybe_unused]] const ssize_t written = write(m_state->fd, &one, sizeof one);
    errno = saved_errno;
}

bool CancelToken::cancelled() const noexcept {
    return m_state->flag.load(std::memory_order_acquire);
}

int CancelToken::wait_fd() const noexcept {
    return m_state->fd;
}

namespace {

// The handler can reach nothing but a global; lock-free, so it may be read in the handler.
std::atomic<const CancelToken*> signal_token = nullptr;
static_assert(std::atomic<const CancelToken*>::is_always_lock_free);

void on_signal(int number) {
    const CancelToken* token = signal_token.load();
    if (token == nullptr || token->cancelled()) {
        std::signal(number, SIG_DFL);
        std::raise(number);
        return;
    }
    token->cancel();
}

void set_handler(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, nullptr);
}

} // namespace

SignalCancellation::SignalCancellation(const CancelToken& token) : m_token(token) {
    signal_token.store(&m_token);
    set_handler(SIGINT, on_signal);
    set_handler(SIGTERM, on_signal);
    set_handler(SIGPIPE, SIG_IGN);
}

SignalCancellation::~SignalCancellation() {
    set_handler(SIGINT, SIG_DFL);
    set_handler(SIGTERM, SIG_DFL);
    signal_token.store(nullptr);
}

} // namespace pymode

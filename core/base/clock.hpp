// SPDX-License-Identifier: MIT
// Time as an interface, so that retries and reports are tested without waiting.
#pragma once

#include <chrono>

#include "core/base/cancel.hpp"

namespace pymode {

class Clock {
  public:
    virtual ~Clock() = default;

    // Never goes back; for durations.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;

    [[nodiscard]] virtual std::chrono::system_clock::time_point wall_time() const = 0;

    // Returns early, false, when the token is cancelled.
    virtual bool sleep_for(std::chrono::milliseconds duration, const CancelToken& cancel) = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
    [[nodiscard]] std::chrono::system_clock::time_point wall_time() const override;
    bool sleep_for(std::chrono::milliseconds duration, const CancelToken& cancel) override;
};

// Milliseconds since it was made.
class Stopwatch {
  public:
    explicit Stopwatch(const Clock& clock) : m_clock(clock), m_start(clock.now()) {}
    [[nodiscard]] std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(m_clock.now() - m_start);
    }

  private:
    const Clock& m_clock;
    std::chrono::steady_clock::time_point m_start;
};

} // namespace pymode

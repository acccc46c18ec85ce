// SPDX-License-Identifier: MIT
// A clock that only moves when somebody sleeps, and remembers for how long. Threads may share it.
#pragma once

#include <mutex>
#include <vector>

#include "core/base/clock.hpp"

namespace pymode::test {

class FakeClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
        const std::lock_guard lock(m_mutex);
        return m_now;
    }

    [[nodiscard]] std::chrono::system_clock::time_point wall_time() const override {
        return std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 50)) +
               std::chrono::duration_cast<std::chrono::system_clock::duration>(
                   now().time_since_epoch());
    }

    bool sleep_for(std::chrono::milliseconds duration, const CancelToken& cancel) override {
        const std::lock_guard lock(m_mutex);
        m_now += duration;
        sleeps.push_back(duration);
        return !cancel.cancelled();
    }

    void advance(std::chrono::milliseconds duration) {
        const std::lock_guard lock(m_mutex);
        m_now += duration;
    }

    std::vector<std::chrono::milliseconds> sleeps; // to be read when nobody sleeps any more

  private:
    mutable std::mutex m_mutex;
    std::chrono::steady_clock::time_point m_now;
};

} // namespace pymode::test

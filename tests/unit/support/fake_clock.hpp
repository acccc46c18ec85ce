// SPDX-License-Identifier: MIT
// A clock that only moves when somebody sleeps, and remembers for how long.
#pragma once

#include <vector>

#include "core/base/clock.hpp"

namespace pymode::test {

class FakeClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return m_now; }

    [[nodiscard]] std::chrono::system_clock::time_point wall_time() const override {
        return std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 50)) +
               std::chrono::duration_cast<std::chrono::system_clock::duration>(
                   m_now.time_since_epoch());
    }

    bool sleep_for(std::chrono::milliseconds duration, const CancelToken& cancel) override {
        m_now += duration;
        sleeps.push_back(duration);
        return !cancel.cancelled();
    }

    void advance(std::chrono::milliseconds duration) { m_now += duration; }

    std::vector<std::chrono::milliseconds> sleeps;

  private:
    std::chrono::steady_clock::time_point m_now;
};

} // namespace pymode::test

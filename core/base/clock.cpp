// SPDX-License-Identifier: MIT
#include "core/base/clock.hpp"

#include <algorithm>
#include <thread>

#include <poll.h>

namespace pymode {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point SystemClock::now() const {
    return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point SystemClock::wall_time() const {
    return std::chrono::system_clock::now();
}

bool SystemClock::sleep_for(std::chrono::milliseconds duration, const CancelToken& cancel) {
    const auto end = now() + duration;
    while (!cancel.cancelled()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now());
        if (left <= 0ms) {
            return true;
        }
        // Without a descriptor to wait for, the flag is asked ten times a second.
        const auto slice = cancel.wait_fd() < 0 ? std::min(left, 100ms) : left;
        pollfd entry{cancel.wait_fd(), POLLIN, 0};
        poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(slice.count(), 3'600'000)));
    }
    return false;
}

} // namespace pymode

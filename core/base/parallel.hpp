// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace pymode {

// Threads that are worth while for independent pieces of work on this machine.
[[nodiscard]] inline std::size_t useful_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
}

// Calls `work(i)` once for every i below `count`, on several threads; returns when all are done.
// `work` must not throw.
template <class Work> void for_each_parallel(std::size_t count, const Work& work) {
    std::atomic<std::size_t> next = 0;
    const auto loop = [&] {
        for (std::size_t i = next++; i < count; i = next++) {
            work(i);
        }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(useful_threads(), count); ++i) {
        threads.emplace_back(loop);
    }
    loop();
}

} // namespace pymode

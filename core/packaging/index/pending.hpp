// SPDX-License-Identifier: MIT
// The two small tools of everything that happens at the same time here.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/error.hpp"

namespace pymode::detail {

// A value on its way: asked for by many, seen to by the first.
template <class T> class Pending {
  public:
    // True once: whoever gets it has to see to it that `set` is called.
    [[nodiscard]] bool claim() {
        const std::lock_guard lock(m_mutex);
        return !std::exchange(m_claimed, true);
    }

    void set(Expected<T> value) {
        {
            const std::lock_guard lock(m_mutex);
            m_value = std::move(value);
        }
        m_changed.notify_all();
    }

    // Waits for the value; it does not change afterwards.
    [[nodiscard]] const Expected<T>& wait() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_value.has_value(); });
        return *m_value;
    }

  private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_claimed = false;
    std::optional<Expected<T>> m_value;
};

// A few threads that do what they are given, in that order. They start with the first task.
class WorkerPool {
  public:
    explicit WorkerPool(std::size_t threads) : m_wanted(threads) {}
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool() { stop(); }

    // Does nothing after `stop`.
    void post(std::function<void()> task) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_stopped) {
                return;
            }
            m_tasks.push_back(std::move(task));
            if (m_threads.size() < m_wanted && m_idle < m_tasks.size()) {
                m_threads.emplace_back([this] { run(); });
            }
        }
        m_changed.notify_one();
    }

    // Waits for the tasks that run; those that wait are dropped.
    void stop() {
        std::deque<std::function<void()>> dropped;
        {
            const std::lock_guard lock(m_mutex);
            m_stopped = true;
            dropped.swap(m_tasks);
        }
        m_changed.notify_all();
        for (std::thread& thread : m_threads) {
            thread.join();
        }
        m_threads.clear();
    }

  private:
    void run() {
        std::unique_lock lock(m_mutex);
        while (true) {
            ++m_idle;
            m_changed.wait(lock, [&] { return m_stopped || !m_tasks.empty(); });
            --m_idle;
            if (m_stopped) {
                return;
            }
            const auto task = std::move(m_tasks.front());
            m_tasks.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    std::size_t m_wanted;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<std::function<void()>> m_tasks;
    std::vector<std::thread> m_threads;
    std::size_t m_idle = 0;
    bool m_stopped = false;
};

} // namespace pymode::detail

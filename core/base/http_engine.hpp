// SPDX-License-Identifier: MIT
// The transfers of one thread: runs attempts side by side on one multi handle and repeats those
// that deserve it. Both clients of http.hpp are thin covers of it; only they include this.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <random>

#include <curl/curl.h>

#include "core/base/http.hpp"
#include "core/base/http_transfer.hpp"

namespace pymode::detail {

class HttpEngine {
  public:
    using Done = std::function<void(Expected<HttpResponse>)>;

    // `clock` must outlive it. No pause between attempts is slept in one piece longer than
    // `longest_sleep`, so that whoever drives the engine can give it new requests meanwhile.
    [[nodiscard]] static Expected<std::unique_ptr<HttpEngine>>
    create(HttpOptions options, Clock& clock, std::chrono::milliseconds longest_sleep);
    HttpEngine(const HttpEngine&) = delete;
    HttpEngine& operator=(const HttpEngine&) = delete;
    ~HttpEngine();

    // `done` is called from within `step` or `cancel_all`, once.
    void add(std::shared_ptr<const HttpRequest> request, Done done);

    [[nodiscard]] bool idle() const { return m_jobs.empty(); }
    [[nodiscard]] bool cancelled() const { return m_options.cancel.cancelled(); }

    // Does what can be done now, then waits until something arrives, a pause is over, somebody
    // calls `wake` or the user gives up.
    void step();

    // Waits for `wake` alone.
    void sleep_until_woken();

    // From any thread: `step` and `sleep_until_woken` return soon.
    void wake();

    void cancel_all();

  private:
    // One request over all its attempts.
    struct Job {
        std::shared_ptr<const HttpRequest> request;
        Done done;
        int attempts = 0;
        std::chrono::steady_clock::time_point not_before;
        std::chrono::steady_clock::time_point started; // of the last attempt
        std::unique_ptr<Transfer> transfer;            // while an attempt runs
        std::optional<Expected<HttpResponse>> answer;
    };

    HttpEngine(HttpOptions options, Clock& clock, std::chrono::milliseconds longest_sleep,
               CURLM* multi);
    void start_due();
    void collect();
    void settle(Job& job, TransferOutcome outcome);
    void log_attempt(const Job& job, const TransferOutcome& outcome,
                     std::optional<std::chrono::milliseconds> delay) const;
    void deliver();
    void wait();

    HttpOptions m_options;
    Clock& m_clock;
    std::chrono::milliseconds m_longest_sleep;
    CURLM* m_multi;
    std::mt19937 m_random;
    std::list<Job> m_jobs;
    std::size_t m_running = 0;
};

} // namespace pymode::detail

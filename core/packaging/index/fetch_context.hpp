// SPDX-License-Identifier: MIT
// What everything that fetches shares: the options, the cache, the HTTP client (made when the
// first request is), the workers, and what is known of the servers.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/http.hpp"
#include "core/packaging/index/cache_store.hpp"
#include "core/packaging/index/credentials.hpp"
#include "core/packaging/index/package_index.hpp"
#include "core/packaging/index/pending.hpp"

namespace pymode::detail {

class FetchContext {
  public:
    FetchContext(const PackageIndexOptions& options, const Env& env, Clock& clock,
                 CancelToken cancel, CacheStore cache);
    FetchContext(const FetchContext&) = delete;
    FetchContext& operator=(const FetchContext&) = delete;
    ~FetchContext() { shut_down(); }

    // Cancels what runs and drops what waits. No callback is called afterwards.
    void shut_down();

    [[nodiscard]] const PackageIndexOptions& options() const { return m_options; }
    [[nodiscard]] const CacheStore& cache() const { return m_cache; }
    [[nodiscard]] Clock& clock() const { return m_clock; }
    [[nodiscard]] std::chrono::system_clock::time_point now() const { return m_clock.wall_time(); }

    // In a worker, later.
    void post(std::function<void()> task) { m_workers.post(std::move(task)); }

    // A request of ours to `url`: limits, retries and the Authorization that belongs to it.
    [[nodiscard]] HttpRequest request(const std::string& url) const;

    // `done` is called in a worker.
    void send(HttpRequest request, AsyncHttp::Done done);

    void debug(std::string_view line);

    // Servers that cannot serve parts of a file, by origin.
    [[nodiscard]] bool serves_ranges(std::string_view url);
    void mark_without_ranges(std::string_view url, std::string_view why);

  private:
    const PackageIndexOptions& m_options;
    Env m_env;
    Clock& m_clock;
    CancelToken m_cancel;
    CacheStore m_cache;
    IndexCredentials m_credentials;
    std::mutex m_mutex;
    std::set<std::string, std::less<>> m_without_ranges;
    std::mutex m_http_mutex;
    std::unique_ptr<AsyncHttp> m_http;
    WorkerPool m_workers;
};

// An answer that is no success, as an error: what failed, the status, and what to do about it.
[[nodiscard]] Error answer_error(std::string what, const HttpResponse& response,
                                 std::string_view url);

} // namespace pymode::detail

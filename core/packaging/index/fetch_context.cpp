// SPDX-License-Identifier: MIT
#include "core/packaging/index/fetch_context.hpp"

#include <fmt/format.h>

#include "core/packaging/index/default_index.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode::detail {

namespace {

// Pages are parsed and hashes computed here; more threads than that only wait for each other.
constexpr std::size_t worker_threads = 2;

// Where nothing says which certificates count, those of pip do.
Env env_for_http(Env env) {
    if (!env.get_nonempty("SSL_CERT_FILE") && !env.get_nonempty("CURL_CA_BUNDLE")) {
        if (auto path = pip_certificates(env)) {
            env.set("SSL_CERT_FILE", std::move(*path));
        }
    }
    return env;
}

} // namespace

FetchContext::FetchContext(const PackageIndexOptions& options, const Env& env, Clock& clock,
                           CancelToken cancel, CacheStore cache)
    : m_options(options), m_env(env), m_clock(clock), m_cancel(std::move(cancel)),
      m_cache(std::move(cache)), m_credentials(options.indexes, options.find_links, env),
      m_workers(worker_threads) {
    if (!m_credentials.netrc_problem().empty()) {
        debug("netrc is not used: " + m_credentials.netrc_problem());
    }
}

void FetchContext::shut_down() {
    m_workers.stop(); // first: a task may be starting a request
    m_http.reset();
}

HttpRequest FetchContext::request(const std::string& url) const {
    HttpRequest request;
    request.url = url;
    request.retry = m_options.retry;
    request.timeouts.idle = m_options.timeout;
    request.timeouts.connect = std::min(m_options.timeout, request.timeouts.connect);
    if (auto authorization = m_credentials.authorization(url)) {
        request.headers.push_back({"Authorization", std::move(*authorization)});
    }
    return request;
}

void FetchContext::send(HttpRequest request, AsyncHttp::Done done) {
    AsyncHttp* http = nullptr;
    Expected<std::unique_ptr<AsyncHttp>> made;
    {
        const std::lock_guard lock(m_http_mutex);
        if (!m_http) {
            made = make_async_http_client({.user_agent = "pymode/" PYMODE_VERSION,
                                           .env = env_for_http(m_env),
                                           .cancel = m_cancel,
                                           .max_connections = m_options.max_connections,
                                           .max_host_connections = m_options.max_connections},
                                          m_clock);
            if (made) {
                m_http = std::move(*made);
            }
        }
        http = m_http.get();
    }
    auto in_worker = [this, done = std::move(done)](Expected<HttpResponse> response) {
        auto shared = std::make_shared<Expected<HttpResponse>>(std::move(response));
        post([done, shared] { done(std::move(*shared)); });
    };
    if (http == nullptr) {
        in_worker(propagate(made));
        return;
    }
    debug(fmt::format("{} {}", request.method, url_for_messages(request.url)));
    http->start(std::move(request), std::move(in_worker));
}

void FetchContext::debug(std::string_view line) {
    if (m_options.on_debug) {
        const std::lock_guard lock(m_mutex);
        m_options.on_debug(line);
    }
}

bool FetchContext::serves_ranges(std::string_view url) {
    const std::lock_guard lock(m_mutex);
    return !m_without_ranges.contains(url_origin(url));
}

void FetchContext::mark_without_ranges(std::string_view url, std::string_view why) {
    {
        const std::lock_guard lock(m_mutex);
        m_without_ranges.insert(url_origin(url));
    }
    debug(fmt::format("{} serves no parts of files: {}", url_for_messages(url_origin(url)), why));
}

Error answer_error(std::string what, const HttpResponse& response, std::string_view url) {
    Error error{ErrorCode::http,
                std::move(what),
                {fmt::format("{} answered {}", url_for_messages(url), response.status)},
                "",
                std::nullopt};
    if (response.attempts > 1) {
        error.notes.push_back(fmt::format("{} attempts failed", response.attempts));
    }
    if (response.status == 401 || response.status == 403) {
        error.hint = "user and password come from the URL of the index, from "
                     "PYMODE_INDEX_<NAME>_USERNAME and _PASSWORD, or from ~/.netrc";
    } else if (response.status == 407) {
        error.hint = "the proxy wants a user and a password: http://USER:PASSWORD@HOST:PORT in "
                     "https_proxy";
    } else if (response.status >= 300 && response.status < 400) {
        error.hint = "a redirect that is not followed: from https to http, or too many";
    } else if (response.status == 429 || response.status >= 500) {
        error.hint = "the server has a problem: try again later";
    }
    return error;
}

} // namespace pymode::detail

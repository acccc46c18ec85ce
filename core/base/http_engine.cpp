// SPDX-License-Identifier: MIT
#include "core/base/http_engine.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode::detail {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// More wait in our own queue: a handle costs memory, and HTTP/2 servers allow about so many
// streams anyway.
constexpr std::size_t max_transfers = 100;

std::unexpected<Error> transport_error(const HttpRequest& request, TransferOutcome& outcome,
                                       int attempts) {
    if (outcome.sink_error) {
        return std::unexpected(std::move(*outcome.sink_error));
    }
    const std::string url = url_for_messages(request.url);
    Error error{ErrorCode::network, "", {outcome.reason}, "", std::nullopt};
    switch (outcome.failure) {
    case TransportFailure::resolve:
    case TransportFailure::connect:
        error.message = fmt::format("cannot reach {}", url);
        error.hint = "check the network connection and the proxy variables (https_proxy, no_proxy)";
        break;
    case TransportFailure::tls:
        error.message = fmt::format("no trusted connection to {}", url);
        error.hint = "a company's certificate authority is named by SSL_CERT_FILE";
        break;
    case TransportFailure::too_large:
        error.message = fmt::format("the answer of {} is larger than the limit of {}", url,
                                    human_size(request.max_response_bytes));
        error.notes.clear(); // curl's words are "failed writing"
        break;
    case TransportFailure::timeout:
        error.message = fmt::format("{} does not answer", url);
        break;
    default:
        error.message = fmt::format("the transfer with {} broke off", url);
        break;
    }
    if (attempts > 1) {
        error.notes.push_back(fmt::format("{} attempts failed", attempts));
    }
    return std::unexpected(std::move(error));
}

} // namespace

Expected<std::unique_ptr<HttpEngine>> HttpEngine::create(HttpOptions options, Clock& clock,
                                                         milliseconds longest_sleep) {
    // Once a process; libcurl's own rule. Never undone, as nothing after main needs it.
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = initialised == CURLE_OK ? curl_multi_init() : nullptr;
    if (multi == nullptr) {
        return fail(ErrorCode::internal, "cannot start the HTTP client");
    }
    return std::unique_ptr<HttpEngine>(
        new HttpEngine(std::move(options), clock, longest_sleep, multi));
}

HttpEngine::HttpEngine(HttpOptions options, Clock& clock, milliseconds longest_sleep, CURLM* multi)
    : m_options(std::move(options)), m_clock(clock), m_longest_sleep(longest_sleep), m_multi(multi),
      m_random(std::random_device{}()) {
    curl_multi_setopt(m_multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(m_multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      static_cast<long>(m_options.max_connections));
    curl_multi_setopt(
        m_multi, CURLMOPT_MAX_HOST_CONNECTIONS,
        static_cast<long>(std::min(m_options.max_connections, m_options.max_host_connections)));
}

HttpEngine::~HttpEngine() {
    for (const Job& job : m_jobs) {
        if (job.transfer) {
            curl_multi_remove_handle(m_multi, job.transfer->handle());
        }
    }
    m_jobs.clear();
    curl_multi_cleanup(m_multi);
}

void HttpEngine::add(std::shared_ptr<const HttpRequest> request, Done done) {
    m_jobs.push_back(
        {std::move(request), std::move(done), 0, m_clock.now(), {}, nullptr, std::nullopt});
}

void HttpEngine::step() {
    start_due();
    int running = 0;
    curl_multi_perform(m_multi, &running);
    collect();
    deliver();
    if (!idle()) {
        wait();
    }
}

void HttpEngine::sleep_until_woken() {
    curl_multi_poll(m_multi, nullptr, 0, 60'000, nullptr);
}

void HttpEngine::wake() {
    curl_multi_wakeup(m_multi);
}

void HttpEngine::cancel_all() {
    for (Job& job : m_jobs) {
        if (job.transfer) {
            curl_multi_remove_handle(m_multi, job.transfer->handle());
            job.transfer.reset();
            --m_running;
        }
        if (!job.answer) {
            job.answer = fail(ErrorCode::cancelled,
                              fmt::format("cancelled: {}", url_for_messages(job.request->url)));
        }
    }
    deliver();
}

void HttpEngine::start_due() {
    const auto now = m_clock.now();
    for (Job& job : m_jobs) {
        if (m_running >= max_transfers) {
            return;
        }
        if (job.answer || job.transfer || job.not_before > now) {
            continue;
        }
        auto transfer = Transfer::prepare(*job.request, m_options);
        if (!transfer) {
            job.answer = std::unexpected(std::move(transfer.error()));
            continue;
        }
        ++job.attempts;
        ++m_running;
        job.started = now;
        m_options.log.debug("http: {} {} starts", job.request->method,
                            url_for_messages(job.request->url));
        job.transfer = std::move(*transfer);
        curl_multi_add_handle(m_multi, job.transfer->handle());
    }
}

void HttpEngine::collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(m_multi, &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        const auto job = std::ranges::find_if(m_jobs, [&](const Job& candidate) {
            return candidate.transfer && candidate.transfer->handle() == message->easy_handle;
        });
        const CURLcode code = message->data.result; // gone after the next call
        if (job != m_jobs.end()) {
            curl_multi_remove_handle(m_multi, job->transfer->handle());
            TransferOutcome outcome = job->transfer->finish(code);
            job->transfer.reset();
            --m_running;
            settle(*job, std::move(outcome));
        }
    }
}

// The attempt is the answer, or there is another one later.
void HttpEngine::settle(Job& job, TransferOutcome outcome) {
    const std::string_view method = job.request->may_be_repeated() ? "PUT" : "POST";
    Attempt attempt{job.attempts,    method,
                    outcome.failure, outcome.response.status,
                    std::nullopt,    std::uniform_real_distribution<>(0, 1)(m_random)};
    if (const auto wish = outcome.response.header("Retry-After")) {
        attempt.retry_after = parse_retry_after(*wish, m_clock.wall_time());
    }
    const auto delay = retry_delay(job.request->retry, attempt);
    log_attempt(job, outcome, delay);
    if (delay) {
        job.not_before = m_clock.now() + *delay;
    } else if (outcome.failure != TransportFailure::none) {
        job.answer = transport_error(*job.request, outcome, job.attempts);
    } else {
        outcome.response.attempts = job.attempts;
        job.answer = std::move(outcome.response);
    }
}

void HttpEngine::log_attempt(const Job& job, const TransferOutcome& outcome,
                             std::optional<milliseconds> delay) const {
    if (!m_options.log.enabled(LogLevel::info)) {
        return;
    }
    const HttpResponse& response = outcome.response;
    const bool failed = outcome.failure != TransportFailure::none;
    std::string text =
        failed ? outcome.reason
               : fmt::format("{}, {}", response.status, human_size(response.body.size()));
    if (!failed && response.url != job.request->url) {
        text += fmt::format(", of {}", url_for_messages(response.url));
    }
    const auto time = std::chrono::duration_cast<milliseconds>(m_clock.now() - job.started);
    text += fmt::format(" in {}", human_duration(time));
    if (delay) {
        text += fmt::format("; attempt {} follows in {}", job.attempts + 1, human_duration(*delay));
    }
    m_options.log.info("http: {} {}: {}", job.request->method, url_for_messages(job.request->url),
                       text);
}

void HttpEngine::deliver() {
    for (auto job = m_jobs.begin(); job != m_jobs.end();) {
        if (!job->answer) {
            ++job;
            continue;
        }
        job->done(std::move(*job->answer));
        job = m_jobs.erase(job);
    }
}

void HttpEngine::wait() {
    milliseconds pause = 24h;
    for (const Job& job : m_jobs) {
        if (!job.transfer) {
            const auto left = std::chrono::ceil<milliseconds>(job.not_before - m_clock.now());
            // One that is due waits for another to end, not for time to pass.
            pause = left > 0ms || m_running < max_transfers ? std::min(pause, std::max(left, 0ms))
                                                            : pause;
        }
    }
    if (m_running == 0) {
        m_clock.sleep_for(std::min(pause, m_longest_sleep), m_options.cancel);
        return;
    }
    curl_waitfd cancelled{m_options.cancel.wait_fd(), CURL_WAIT_POLLIN, 0};
    const unsigned int extra = cancelled.fd >= 0 ? 1 : 0;
    // A second at most, for the case that there is no descriptor to wait for.
    const auto slice = static_cast<int>(std::min<milliseconds>(pause, 1s).count());
    curl_multi_poll(m_multi, &cancelled, extra, slice, nullptr);
}

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
// The client: runs attempts side by side on one multi handle and repeats those that deserve it.
#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include <curl/curl.h>
#include <fmt/format.h>

#include "core/base/http.hpp"
#include "core/base/http_transfer.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

using namespace std::chrono_literals;
using detail::CurlPtr;
using detail::Transfer;
using detail::TransferOutcome;
using std::chrono::milliseconds;

// One request of a call of send_all, over all its attempts.
struct Job {
    const HttpRequest* request = nullptr;
    int attempts = 0;
    std::chrono::steady_clock::time_point not_before;
    std::chrono::steady_clock::time_point started; // of the last attempt
    std::unique_ptr<Transfer> transfer;            // while an attempt runs
    std::optional<Expected<HttpResponse>> answer;
};

std::unexpected<Error> transport_error(const HttpRequest& request, const TransferOutcome& outcome,
                                       int attempts) {
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
        error.message = fmt::format("the answer of {} is larger than {}", url,
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

class CurlClient final : public Http {
  public:
    CurlClient(HttpOptions options, Clock& clock, CURLM* multi)
        : m_options(std::move(options)), m_clock(clock), m_multi(multi),
          m_random(std::random_device{}()) {
        const auto limit = static_cast<long>(m_options.max_connections);
        curl_multi_setopt(m_multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
        curl_multi_setopt(m_multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
        curl_multi_setopt(m_multi, CURLMOPT_MAX_HOST_CONNECTIONS, std::min(limit, 6L));
    }
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;
    ~CurlClient() override { curl_multi_cleanup(m_multi); }

    Expected<HttpResponse> send(const HttpRequest& request) override {
        return std::move(send_all({&request, 1}).front());
    }

    std::vector<Expected<HttpResponse>> send_all(std::span<const HttpRequest> requests) override {
        std::vector<Job> jobs(requests.size());
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            jobs[i].request = &requests[i];
            jobs[i].not_before = m_clock.now();
        }
        while (!m_options.cancel.cancelled() && !all_answered(jobs)) {
            start_due(jobs);
            int running = 0;
            curl_multi_perform(m_multi, &running);
            collect(jobs);
            if (!all_answered(jobs)) {
                wait(jobs);
            }
        }
        return take_answers(jobs);
    }

  private:
    static bool all_answered(const std::vector<Job>& jobs) {
        return std::ranges::all_of(jobs, [](const Job& job) { return job.answer.has_value(); });
    }

    void start_due(std::vector<Job>& jobs) {
        const auto now = m_clock.now();
        for (Job& job : jobs) {
            if (job.answer || job.transfer || job.not_before > now) {
                continue;
            }
            auto transfer = Transfer::prepare(*job.request, m_options);
            if (!transfer) {
                job.answer = std::unexpected(std::move(transfer.error()));
                continue;
            }
            ++job.attempts;
            job.started = now;
            m_options.log.debug("http: {} {} starts", job.request->method,
                                url_for_messages(job.request->url));
            job.transfer = std::move(*transfer);
            curl_multi_add_handle(m_multi, job.transfer->handle());
        }
    }

    void collect(std::vector<Job>& jobs) {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(m_multi, &left)) {
            if (message->msg != CURLMSG_DONE) {
                continue;
            }
            const auto job = std::ranges::find_if(jobs, [&](const Job& candidate) {
                return candidate.transfer && candidate.transfer->handle() == message->easy_handle;
            });
            const CURLcode code = message->data.result; // gone after the next call
            if (job != jobs.end()) {
                curl_multi_remove_handle(m_multi, job->transfer->handle());
                TransferOutcome outcome = job->transfer->finish(code);
                job->transfer.reset();
                settle(*job, std::move(outcome));
            }
        }
    }

    // The attempt is the answer, or there is another one later.
    void settle(Job& job, TransferOutcome outcome) {
        Attempt attempt{job.attempts,    job.request->method,
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

    void log_attempt(const Job& job, const TransferOutcome& outcome,
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
            text +=
                fmt::format("; attempt {} follows in {}", job.attempts + 1, human_duration(*delay));
        }
        m_options.log.info("http: {} {}: {}", job.request->method,
                           url_for_messages(job.request->url), text);
    }

    // Until something arrives, a pause is over, or the user gives up.
    void wait(const std::vector<Job>& jobs) {
        milliseconds pause = 24h;
        bool running = false;
        for (const Job& job : jobs) {
            if (job.transfer) {
                running = true;
            } else if (!job.answer) {
                const auto left = std::chrono::ceil<milliseconds>(job.not_before - m_clock.now());
                pause = std::min(pause, std::max(left, 0ms));
            }
        }
        if (!running) {
            m_clock.sleep_for(pause, m_options.cancel);
            return;
        }
        curl_waitfd cancelled{m_options.cancel.wait_fd(), CURL_WAIT_POLLIN, 0};
        const unsigned int extra = cancelled.fd >= 0 ? 1 : 0;
        // A second at most, for the case that there is no descriptor to wait for.
        const auto slice = static_cast<int>(std::min<milliseconds>(pause, 1s).count());
        curl_multi_poll(m_multi, &cancelled, extra, slice, nullptr);
    }

    std::vector<Expected<HttpResponse>> take_answers(std::vector<Job>& jobs) {
        std::vector<Expected<HttpResponse>> answers;
        answers.reserve(jobs.size());
        for (Job& job : jobs) {
            if (job.transfer) {
                curl_multi_remove_handle(m_multi, job.transfer->handle());
            }
            if (job.answer) {
                answers.push_back(std::move(*job.answer));
            } else {
                answers.push_back(
                    fail(ErrorCode::cancelled,
                         fmt::format("cancelled: {}", url_for_messages(job.request->url))));
            }
        }
        return answers;
    }

    HttpOptions m_options;
    Clock& m_clock;
    CURLM* m_multi;
    std::mt19937 m_random;
};

std::string url_part(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) {
        return "";
    }
    std::string result = text;
    curl_free(text);
    return result;
}

} // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
    const auto found = std::ranges::find_if(headers, [&](const HttpHeader& candidate) {
        return equals_ignoring_case(candidate.name, name);
    });
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

std::string url_for_messages(std::string_view url) {
    const CurlPtr<CURLU> parsed(curl_url());
    const std::string text(url);
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(),
                                CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return "(not a URL)";
    }
    const std::string port = url_part(parsed.get(), CURLUPART_PORT);
    return printable(fmt::format("{}://{}{}{}{}", url_part(parsed.get(), CURLUPART_SCHEME),
                                 url_part(parsed.get(), CURLUPART_HOST), port.empty() ? "" : ":",
                                 port, url_part(parsed.get(), CURLUPART_PATH)));
}

Expected<std::unique_ptr<Http>> make_http_client(HttpOptions options, Clock& clock) {
    // Once a process; libcurl's own rule. Never undone, as nothing after main needs it.
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = initialised == CURLE_OK ? curl_multi_init() : nullptr;
    if (multi == nullptr) {
        return fail(ErrorCode::internal, "cannot start the HTTP client");
    }
    return std::make_unique<CurlClient>(std::move(options), clock, multi);
}

} // namespace pymode

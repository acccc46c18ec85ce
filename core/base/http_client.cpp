// SPDX-License-Identifier: MIT
// The two clients: one works in the caller's thread while the caller waits, the other in a thread
// of its own.
#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "core/base/http.hpp"
#include "core/base/http_engine.hpp"
#include "core/base/http_transfer.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

using namespace std::chrono_literals;
using detail::CurlPtr;
using detail::HttpEngine;

class WaitingClient final : public Http {
  public:
    explicit WaitingClient(std::unique_ptr<HttpEngine> engine) : m_engine(std::move(engine)) {}

    Expected<HttpResponse> send(const HttpRequest& request) override {
        return std::move(send_all({&request, 1}).front());
    }

    std::vector<Expected<HttpResponse>> send_all(std::span<const HttpRequest> requests) override {
        std::vector<Expected<HttpResponse>> answers(requests.size());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            // Not owned: the requests outlive this call, and no job does.
            m_engine->add(
                std::shared_ptr<const HttpRequest>(std::shared_ptr<void>(), &requests[i]),
                [&answers, i](Expected<HttpResponse> answer) { answers[i] = std::move(answer); });
        }
        while (!m_engine->idle() && !m_engine->cancelled()) {
            m_engine->step();
        }
        m_engine->cancel_all();
        return answers;
    }

  private:
    std::unique_ptr<HttpEngine> m_engine;
};

class ThreadClient final : public AsyncHttp {
  public:
    explicit ThreadClient(std::unique_ptr<HttpEngine> engine)
        : m_engine(std::move(engine)), m_thread([this] { run(); }) {}
    ThreadClient(const ThreadClient&) = delete;
    ThreadClient& operator=(const ThreadClient&) = delete;

    ~ThreadClient() override {
        {
            const std::lock_guard lock(m_mutex);
            m_stop = true;
        }
        m_engine->wake();
        m_thread.join();
    }

    void start(HttpRequest request, Done done) override {
        auto shared = std::make_shared<const HttpRequest>(std::move(request));
        {
            const std::lock_guard lock(m_mutex);
            m_new.emplace_back(std::move(shared), std::move(done));
        }
        m_engine->wake();
    }

  private:
    using Submission = std::pair<std::shared_ptr<const HttpRequest>, Done>;

    // False when the client ends.
    bool take_new() {
        std::vector<Submission> submissions;
        bool stop = false;
        {
            const std::lock_guard lock(m_mutex);
            submissions.swap(m_new);
            stop = m_stop;
        }
        for (Submission& submission : submissions) {
            m_engine->add(std::move(submission.first), std::move(submission.second));
        }
        return !stop;
    }

    void run() {
        while (take_new()) {
            if (m_engine->cancelled()) {
                m_engine->cancel_all();
            }
            if (m_engine->idle()) {
                m_engine->sleep_until_woken();
            } else {
                m_engine->step();
            }
        }
        m_engine->cancel_all();
    }

    std::unique_ptr<HttpEngine> m_engine;
    std::mutex m_mutex;
    std::vector<Submission> m_new;
    bool m_stop = false;
    std::thread m_thread; // last: it uses all of the above
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

MultipartPart owning_part(std::string name, std::string filename, std::string content_type,
                          Bytes content) {
    const auto owner = std::make_shared<const Bytes>(std::move(content));
    return {std::move(name), std::move(filename), std::move(content_type), *owner, owner};
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
    auto engine = HttpEngine::create(std::move(options), clock, 24h);
    if (!engine) {
        return propagate(engine);
    }
    return std::make_unique<WaitingClient>(std::move(*engine));
}

Expected<std::unique_ptr<AsyncHttp>> make_async_http_client(HttpOptions options, Clock& clock) {
    // A new request waits at most so long while all others pause before their next attempt.
    auto engine = HttpEngine::create(std::move(options), clock, 20ms);
    if (!engine) {
        return propagate(engine);
    }
    return std::make_unique<ThreadClient>(std::move(*engine));
}

} // namespace pymode

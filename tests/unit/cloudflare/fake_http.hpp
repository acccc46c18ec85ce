// SPDX-License-Identifier: MIT
// An Http that answers from a list and remembers what it was asked.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/base/http.hpp"

namespace pymode::test {

class FakeHttp final : public Http {
  public:
    void will_answer(int status, const std::string& body, std::vector<HttpHeader> headers = {}) {
        HttpResponse response;
        response.status = status;
        response.body = to_bytes(body);
        response.headers = std::move(headers);
        m_answers.push_back(std::move(response));
    }

    void will_succeed(const std::string& result) {
        will_answer(200, R"({"success":true,"errors":[],"messages":[],"result":)" + result + "}");
    }

    void will_refuse(int status, int code, const std::string& message) {
        will_answer(status, R"({"success":false,"errors":[{"code":)" + std::to_string(code) +
                                R"(,"message":")" + message + R"("}],"result":null})");
    }

    // No answer comes.
    void will_break() { m_answers.emplace_back(fail(ErrorCode::network, "it broke off")); }

    // The answer that was given last is said to have taken so many attempts.
    void after_attempts(int attempts) { m_answers.back()->attempts = attempts; }

    void will_fail(ErrorCode code, const std::string& message) {
        m_answers.push_back(fail(code, message));
    }

    Expected<HttpResponse> send(const HttpRequest& request) override {
        requests.push_back(request);
        if (m_answers.empty()) {
            return fail(ErrorCode::internal, "the test expected no request to " + request.url);
        }
        Expected<HttpResponse> response = std::move(m_answers.front());
        m_answers.pop_front();
        if (response) {
            response->url = request.url;
        }
        return response;
    }

    std::vector<Expected<HttpResponse>> send_all(std::span<const HttpRequest> all) override {
        std::vector<Expected<HttpResponse>> responses;
        for (const HttpRequest& request : all) {
            responses.push_back(send(request));
        }
        return responses;
    }

    [[nodiscard]] std::vector<std::string> calls() const {
        std::vector<std::string> lines;
        for (const HttpRequest& request : requests) {
            lines.push_back(request.method + " " + request.url);
        }
        return lines;
    }

    [[nodiscard]] bool done() const { return m_answers.empty(); }

    std::vector<HttpRequest> requests;

  private:
    std::deque<Expected<HttpResponse>> m_answers;
};

} // namespace pymode::test

// SPDX-License-Identifier: MIT
#include "core/cloudflare/api.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/problems.hpp"

namespace pymode {
namespace {

// Cloudflare is silent while it checks and starts an uploaded Worker.
constexpr std::chrono::minutes kUploadSilence{2};
constexpr std::size_t kShownOfBadAnswer = 100;
constexpr std::size_t kMaxProblems = 20;
constexpr int kMaxPages = 1000;

std::string string_or(const nlohmann::json& object, const char* key, std::string fallback) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>()
                                                       : std::move(fallback);
}

// Problems may carry a chain of more precise ones.
void add_problem(std::vector<ApiProblem>& problems, const nlohmann::json& item, int depth = 0) {
    if (!item.is_object() || problems.size() >= kMaxProblems || depth > 4) {
        return;
    }
    const auto code = item.find("code");
    problems.push_back({code != item.end() && code->is_number_integer() ? code->get<int>() : 0,
                        printable(string_or(item, "message", "unknown error"))});
    const auto chain = item.find("error_chain");
    if (chain != item.end() && chain->is_array()) {
        for (const nlohmann::json& cause : *chain) {
            add_problem(problems, cause, depth + 1);
        }
    }
}

// Cloudflare's firewall stopped the request, and would the next one.
bool is_challenge(const HttpResponse& response) {
    return response.header("cf-mitigated") == "challenge";
}

std::unexpected<Error> malformed(const HttpResponse& response, std::string_view ray) {
    Error error;
    error.code = ErrorCode::http;
    error.message = fmt::format("{} gave an answer that is none of Cloudflare's API (status {})",
                                url_for_messages(response.url), response.status);
    const std::string_view text = response.text().substr(0, kShownOfBadAnswer);
    if (!text.empty()) {
        error.notes.push_back(fmt::format("it begins with: {}", printable(text)));
    }
    if (!ray.empty()) {
        error.notes.push_back(fmt::format("ray id {}", ray));
    }
    return std::unexpected(std::move(error));
}

} // namespace

bool ApiAnswer::has_problem(int code) const {
    return std::ranges::find(problems, code, &ApiProblem::code) != problems.end();
}

Error api_error(const ApiAnswer& answer, std::string_view doing) {
    Error error;
    error.code = ErrorCode::api;
    error.message = fmt::format("Cloudflare refused to {} (status {}{})", doing, answer.status,
                                answer.ray.empty() ? "" : ", ray id " + answer.ray);
    for (const ApiProblem& problem : answer.problems) {
        error.notes.push_back(fmt::format("{} [code: {}]", problem.message, problem.code));
    }
    if (const std::string_view sentence = sentence_for(answer); !sentence.empty()) {
        error.notes.emplace_back(sentence);
    }
    error.hint = hint_for(answer);
    return error;
}

Expected<ApiAnswer> parse_api_answer(const HttpResponse& response) {
    ApiAnswer answer;
    answer.status = response.status;
    answer.attempts = response.attempts;
    answer.ray = printable(response.header("cf-ray").value_or(""));
    if (is_challenge(response)) {
        return fail(ErrorCode::http, "Cloudflare's firewall stopped the request",
                    "the network this machine is in is probably blocked; ray id " + answer.ray);
    }
    if (response.body.empty() && response.ok()) {
        answer.success = true;
        answer.result = nlohmann::json::object();
        return answer;
    }
    const nlohmann::json document = nlohmann::json::parse(response.text(), nullptr, false);
    if (!document.is_object()) {
        return malformed(response, answer.ray);
    }
    const auto success = document.find("success");
    answer.success = success != document.end() && success->is_boolean() && success->get<bool>();
    if (const auto errors = document.find("errors"); errors != document.end()) {
        // null is as good as an empty list here.
        for (const nlohmann::json& item : *errors) {
            add_problem(answer.problems, item);
        }
    }
    if (!answer.success && answer.problems.empty()) {
        answer.problems.push_back({0, printable(string_or(document, "error", "no reason given"))});
    }
    if (const auto result = document.find("result"); result != document.end()) {
        answer.result = *result;
    }
    if (const auto page = document.find("result_info"); page != document.end()) {
        answer.page = *page;
    }
    return answer;
}

bool is_answer_lost(const Error& error) {
    return error.code == ErrorCode::network || error.code == ErrorCode::http ||
           error.code == ErrorCode::cancelled;
}

std::string text_of(const nlohmann::json& object, std::string_view key) {
    if (!object.is_object()) {
        return "";
    }
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || std::string_view("-._~").contains(c);
        if (unreserved) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

CloudflareApi::CloudflareApi(Http& http, Clock& clock, const CancelToken& cancel,
                             std::string base_url, Credentials credentials)
    : m_http(http), m_clock(clock), m_cancel(cancel), m_base_url(std::move(base_url)),
      m_credentials(std::move(credentials)) {}

HttpRequest CloudflareApi::to_http(const ApiRequest& request) const {
    HttpRequest http;
    http.method = request.method;
    http.url = m_base_url + request.path;
    http.headers = request.bearer.empty()
                       ? m_credentials.headers()
                       : std::vector<HttpHeader>{{"Authorization", "Bearer " + request.bearer}};
    http.headers.insert(http.headers.end(), request.headers.begin(), request.headers.end());
    if (request.json || request.body || !request.body_file.empty()) {
        http.headers.push_back({"Content-Type", request.content_type});
    }
    if (request.json || request.body) {
        http.body = request.json ? to_bytes(request.json->dump()) : *request.body;
    }
    http.body_file = request.body_file;
    http.multipart = request.multipart;
    if (!request.multipart.empty() || !request.body_file.empty()) {
        http.timeouts.idle = kUploadSilence;
    }
    http.retry.max_attempts = request.max_attempts;
    http.repeatable = request.repeatable;
    http.max_redirects = 0; // the API does not redirect; the token must not travel
    http.max_response_bytes = request.max_answer_bytes;
    http.accept_compressed = request.accept_compressed;
    http.sink = request.sink;
    http.on_progress = request.on_progress;
    return http;
}

Expected<HttpResponse> CloudflareApi::send_raw(const ApiRequest& request) {
    return m_http.send(to_http(request));
}

Expected<ApiAnswer> CloudflareApi::read(const ApiRequest& request,
                                        const Expected<HttpResponse>& response) {
    if (!response) {
        return propagate(response);
    }
    Expected<ApiAnswer> answer = parse_api_answer(*response);
    // A page in the place of an answer comes from something in between, and seldom twice. After a
    // 5xx the client has asked again already.
    const bool may_repeat = request.repeatable.value_or(is_idempotent(request.method));
    if (answer || response->status >= 500 || is_challenge(*response) || !may_repeat) {
        return answer;
    }
    const Expected<HttpResponse> second = send_raw(request);
    return second ? parse_api_answer(*second) : propagate(second);
}

Expected<ApiAnswer> CloudflareApi::send(const ApiRequest& request) {
    return read(request, send_raw(request));
}

std::vector<Expected<ApiAnswer>> CloudflareApi::send_all(std::span<const ApiRequest> requests) {
    std::vector<HttpRequest> sent;
    for (const ApiRequest& request : requests) {
        sent.push_back(to_http(request));
    }
    const std::vector<Expected<HttpResponse>> responses = m_http.send_all(sent);
    std::vector<Expected<ApiAnswer>> answers;
    for (std::size_t i = 0; i < responses.size(); ++i) {
        answers.push_back(read(requests[i], responses[i]));
    }
    return answers;
}

Expected<> CloudflareApi::pause_after(int attempt) {
    const RetryPolicy policy{.max_attempts = attempt + 1};
    const auto pause =
        retry_delay(policy, {.number = attempt, .method = "PUT", .status = 500, .retry_after = {}});
    if (pause && !m_clock.sleep_for(*pause, m_cancel)) {
        return fail(ErrorCode::cancelled, "interrupted");
    }
    return {};
}

Expected<nlohmann::json> CloudflareApi::call(const ApiRequest& request, std::string_view doing) {
    Expected<ApiAnswer> answer = send(request);
    if (!answer) {
        return propagate(answer);
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, doing));
    }
    return std::move(answer->result);
}

Expected<std::vector<nlohmann::json>> CloudflareApi::list(const std::string& path,
                                                          std::string_view doing,
                                                          std::string_view key, std::size_t most) {
    std::vector<nlohmann::json> items;
    const std::string before = path + (path.contains('?') ? "&" : "?");
    std::string next = path;
    for (int page = 1; page <= kMaxPages; ++page) {
        Expected<ApiAnswer> answer = send({.path = next});
        if (!answer) {
            return propagate(answer);
        }
        if (!answer->success) {
            return std::unexpected(api_error(*answer, doing));
        }
        nlohmann::json& result = answer->result;
        const bool inside = !key.empty() && result.is_object() && result.contains(key);
        const nlohmann::json& found = inside ? result[std::string(key)] : result;
        if (found.is_array()) {
            items.insert(items.end(), found.begin(), found.end());
        }
        if (items.size() >= most) {
            items.resize(most);
            return items;
        }
        const std::string cursor = text_of(answer->page, "cursor");
        const auto number = [&](const char* name) {
            const bool there = answer->page.is_object() && answer->page.contains(name) &&
                               answer->page[name].is_number_unsigned();
            return there ? answer->page[name].get<std::uint64_t>() : 0;
        };
        const bool more = items.size() < number("total_count") && !found.empty();
        if (cursor.empty() && !more) {
            return items;
        }
        next = cursor.empty() ? fmt::format("{}page={}", before, page + 1)
                              : fmt::format("{}cursor={}", before, percent_encoded(cursor));
    }
    return fail(ErrorCode::api,
                fmt::format("Cloudflare's list has more than {} pages: to {}", kMaxPages, doing));
}

} // namespace pymode

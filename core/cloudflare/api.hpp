// SPDX-License-Identifier: MIT
// One call of Cloudflare's API v4: the envelope around every answer, and its errors.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/http.hpp"
#include "core/cloudflare/credentials.hpp"

namespace pymode {

struct ApiProblem {
    int code = 0;
    std::string message; // made safe for a terminal
};

struct ApiAnswer {
    bool success = false;
    int status = 0;
    std::vector<ApiProblem> problems;
    nlohmann::json result;
    nlohmann::json page; // "result_info" of a list; null where there is none
    std::string ray;     // Cloudflare's id of the request, for its support
    int attempts = 1;    // how often it was sent: a deletion may have worked before its answer came

    [[nodiscard]] bool has_problem(int code) const;
};

struct ApiRequest {
    std::string method = "GET";
    std::string path; // from the base URL: "/accounts/…"
    // At most one of `json`, `body`, `multipart` and `body_file`. The texts in `json` are UTF-8.
    std::optional<nlohmann::json> json{};
    std::optional<Bytes> body{};
    std::vector<MultipartPart> multipart{};
    std::string content_type = "application/json"; // of `json`, `body` and `body_file`
    std::vector<HttpHeader> headers{};
    std::string bearer{}; // a token in the place of the credentials: the one for uploads of assets
    // Whether doing it twice has the effect of doing it once, and it may be sent again, where the
    // method says otherwise: true for many POSTs.
    std::optional<bool> repeatable{};
    int max_attempts = 3;
    std::function<void(std::uint64_t sent, std::uint64_t received)> on_progress{};
    std::filesystem::path body_file{};
    // Of an answer that is no JSON: where it goes (empty: memory), and its bytes as they are.
    std::shared_ptr<BodySink> sink{};
    bool accept_compressed = true;
    std::uint64_t max_answer_bytes = 16 << 20;
};

// The problem as the user reads it, with what to do about it: `doing` says what was tried ("upload
// the Worker").
Error api_error(const ApiAnswer& answer, std::string_view doing);

// The answer of Cloudflare (or of something in between) as a value; an Error when it is none.
Expected<ApiAnswer> parse_api_answer(const HttpResponse& response);

// Whether a call ended without an answer of Cloudflare's API: it may have taken effect all the
// same.
bool is_answer_lost(const Error& error);

// A member of an answer that is text, made safe for a terminal; empty when there is none.
std::string text_of(const nlohmann::json& object, std::string_view key);

// "a/b c" → "a%2Fb%20c": a part of a path or of a query (RFC 3986, all but unreserved).
std::string percent_encoded(std::string_view text);

class CloudflareApi {
  public:
    // All of them must outlive this object.
    CloudflareApi(Http& http, Clock& clock, const CancelToken& cancel, std::string base_url,
                  Credentials credentials);

    // Asks up to `max_attempts` times where that is safe, and once more when the answer was
    // unreadable. `success: false` is an answer, not an Error.
    Expected<ApiAnswer> send(const ApiRequest& request);

    // All of them side by side; the answers stand in the order of the requests.
    std::vector<Expected<ApiAnswer>> send_all(std::span<const ApiRequest> requests);

    // As `send`, but every problem is an Error.
    Expected<nlohmann::json> call(const ApiRequest& request, std::string_view doing);

    // As `send`, but the answer as it came: values of KV and objects of R2 have no envelope.
    Expected<HttpResponse> send_raw(const ApiRequest& request);

    // The items of a list, from all its pages: by number while `total_count` promises more, or by
    // cursor. `path` may have a query; `key` is the list's name where `result` is an object. No
    // more than `most` items, and no page behind them.
    Expected<std::vector<nlohmann::json>> list(const std::string& path, std::string_view doing,
                                               std::string_view key = "",
                                               std::size_t most = SIZE_MAX);

    // Waits as long as before the attempt after this one; ErrorCode::cancelled when interrupted.
    Expected<> pause_after(int attempt);

  private:
    [[nodiscard]] HttpRequest to_http(const ApiRequest& request) const;
    Expected<ApiAnswer> read(const ApiRequest& request, const Expected<HttpResponse>& response);

    Http& m_http;
    Clock& m_clock;
    const CancelToken& m_cancel;
    std::string m_base_url;
    Credentials m_credentials;
};

} // namespace pymode

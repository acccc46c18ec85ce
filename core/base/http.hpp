// SPDX-License-Identifier: MIT
// HTTP as the rest of the project sees it: requests and answers are values, the client an
// interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/retry.hpp"

namespace pymode {

struct HttpHeader {
    std::string name;
    std::string value;
};

struct MultipartPart {
    std::string name;
    std::string filename;               // empty: a plain field
    std::string content_type;           // empty: none is sent
    ByteView content;                   // not copied: lives as long as the request
    std::shared_ptr<const Bytes> owner; // of `content`, when nobody else keeps it
};

// A part that keeps its content.
[[nodiscard]] MultipartPart owning_part(std::string name, std::string filename,
                                        std::string content_type, Bytes content);

struct HttpTimeouts {
    std::chrono::milliseconds connect{10'000};
    // No byte in either direction for so long.
    std::chrono::milliseconds idle{30'000};
    std::optional<std::chrono::milliseconds> total;
};

struct HttpResponse;

// Takes the body of a successful answer (2xx) instead of memory. All calls come from the thread
// that runs the transfers, one after the other; an Error ends the request and is its answer.
class BodySink {
  public:
    virtual ~BodySink() = default;
    // A body begins: what came before it, of an attempt that broke off, is void. `head` has the
    // status, the headers and nothing else. False: this body goes into memory after all.
    [[nodiscard]] virtual Expected<bool> begin(const HttpResponse& head) = 0;
    [[nodiscard]] virtual Expected<> write(ByteView bytes) = 0;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url; // http or https
    // A header `Authorization` or `Cookie` goes to the first host only, whatever it redirects to.
    std::vector<HttpHeader> headers;
    std::optional<Bytes> body;
    std::vector<MultipartPart> multipart; // multipart/form-data; not together with `body`
    // A file as the body, read while it is sent; not together with the other two.
    std::filesystem::path body_file;
    HttpTimeouts timeouts;
    RetryPolicy retry;
    // Whether doing it twice has the effect of doing it once, where the method does not tell.
    std::optional<bool> repeatable;
    // For GET and HEAD; 0, or another method: a redirect is an answer like others.
    int max_redirects = 10;
    std::uint64_t max_response_bytes = 64 << 20; // after decompression; with a sink too
    bool accept_compressed = true;               // false: the bytes as they are (ranges, archives)
    std::shared_ptr<BodySink> sink;              // empty: the body goes into the answer
    // Bytes sent and received so far, in this attempt.
    std::function<void(std::uint64_t sent, std::uint64_t received)> on_progress;

    [[nodiscard]] bool may_be_repeated() const {
        return repeatable.value_or(is_idempotent(method));
    }
};

struct HttpResponse {
    int status = 0;
    std::vector<HttpHeader> headers; // of the last answer, in order; names as they came
    Bytes body;
    std::string url; // after redirects
    int attempts = 1;

    [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
    // Case does not matter; the first one.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    [[nodiscard]] std::string_view text() const { return as_text(body); }
};

// Every status is an answer, 4xx and 5xx too (after the retries the policy allows); an Error means
// that no complete answer came. Messages name the URL without user, password and query.
class Http {
  public:
    virtual ~Http() = default;
    [[nodiscard]] virtual Expected<HttpResponse> send(const HttpRequest& request) = 0;

    // All at once over shared connections; answers stand in the order of the requests.
    [[nodiscard]] virtual std::vector<Expected<HttpResponse>>
    send_all(std::span<const HttpRequest> requests) = 0;
};

struct HttpOptions {
    std::string user_agent;
    // Proxies (http_proxy, https_proxy, all_proxy, no_proxy) and certificates (SSL_CERT_FILE,
    // SSL_CERT_DIR, CURL_CA_BUNDLE) come from here.
    Env env;
    CancelToken cancel;
    std::size_t max_connections = 16;
    std::size_t max_host_connections = 6;
    // Told every attempt: method, URL (as url_for_messages), status, size, time.
    Log log{};
};

// Over libcurl: HTTP/2 where the server speaks it (unless PYMODE_HTTP_VERSION is 1.1), compressed
// answers, connections kept. `clock` must outlive the client. One thread at a time.
[[nodiscard]] Expected<std::unique_ptr<Http>> make_http_client(HttpOptions options, Clock& clock);

// The same for whoever has other things to do meanwhile. Its end cancels what still runs; no `done`
// is called after that.
class AsyncHttp {
  public:
    using Done = std::function<void(Expected<HttpResponse>)>;
    virtual ~AsyncHttp() = default;

    // From any thread, also from within a `done`; never blocks. `done` is called once, in the
    // client's own thread: it must be quick and must not wait for another request.
    virtual void start(HttpRequest request, Done done) = 0;
};

// `clock` is used from the client's thread and must outlive it.
[[nodiscard]] Expected<std::unique_ptr<AsyncHttp>> make_async_http_client(HttpOptions options,
                                                                          Clock& clock);

// Scheme, host, port and path of a URL: what a message may show.
[[nodiscard]] std::string url_for_messages(std::string_view url);

} // namespace pymode

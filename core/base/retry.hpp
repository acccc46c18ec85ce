// SPDX-License-Identifier: MIT
// When to ask again: a pure function of what happened.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pymode {

// What went wrong below HTTP.
enum class TransportFailure {
    none,      // an answer came
    resolve,   // no address for the name
    connect,   // no connection; nothing was sent
    tls,       // certificate or handshake: asking again does not help
    timeout,   // connected, then silence
    reset,     // the connection or the HTTP/2 stream broke
    truncated, // fewer bytes than promised
    too_large, // more bytes than allowed
    cancelled,
    other,
};

struct RetryPolicy {
    int max_attempts = 4; // the first one counts
    std::chrono::milliseconds first_delay{500};
    std::chrono::milliseconds max_delay{10'000};
    // A server that asks for a longer pause than this is not waited for.
    std::chrono::milliseconds max_retry_after{60'000};
};

struct Attempt {
    int number = 1; // this was the n-th
    std::string_view method = "GET";
    TransportFailure failure = TransportFailure::none;
    int status = 0;                                       // when `failure` is none
    std::optional<std::chrono::milliseconds> retry_after; // the server's wish
    double jitter = 0.5;                                  // from [0, 1), the caller's random number
};

// How long to wait before the next attempt, or nothing when there must be none. A request that is
// not idempotent (POST, PATCH) is sent again only when the server cannot have acted on it: no
// connection was made, or it answered 429 or 503 with a Retry-After.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy,
                                                                   const Attempt& attempt);

// RFC 9110: GET, HEAD, OPTIONS, TRACE, PUT, DELETE.
[[nodiscard]] bool is_idempotent(std::string_view method);

// The value of Retry-After: seconds or an HTTP date, as a pause from `now`; never negative.
[[nodiscard]] std::optional<std::chrono::milliseconds>
parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now);

} // namespace pymode

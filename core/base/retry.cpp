// SPDX-License-Identifier: MIT
#include "core/base/retry.hpp"

#include <algorithm>
#include <string>

#include <curl/curl.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

using std::chrono::milliseconds;

bool failure_is_passing(TransportFailure failure) {
    switch (failure) {
    case TransportFailure::resolve:
    case TransportFailure::connect:
    case TransportFailure::timeout:
    case TransportFailure::reset:
    case TransportFailure::truncated:
        return true;
    case TransportFailure::none:
    case TransportFailure::tls:
    case TransportFailure::too_large:
    case TransportFailure::cancelled:
    case TransportFailure::other:
        return false;
    }
    return false;
}

bool status_is_passing(int status) {
    // 520 to 524: a server behind Cloudflare does not answer as it should.
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504) ||
           (status >= 520 && status <= 524);
}

// True when the server cannot have acted on the request.
bool was_not_acted_on(const Attempt& attempt) {
    if (attempt.failure != TransportFailure::none) {
        return attempt.failure == TransportFailure::resolve ||
               attempt.failure == TransportFailure::connect;
    }
    return attempt.status == 429 || (attempt.status == 503 && attempt.retry_after.has_value());
}

// first_delay doubled with each attempt, plus or minus half of itself by the jitter.
milliseconds backoff(const RetryPolicy& policy, const Attempt& attempt) {
    const int doublings = std::clamp(attempt.number - 1, 0, 20);
    const double full =
        static_cast<double>(policy.first_delay.count()) * static_cast<double>(1 << doublings);
    const double delay = full * (0.5 + std::clamp(attempt.jitter, 0.0, 1.0));
    return std::min(policy.max_delay,
                    milliseconds(static_cast<std::int64_t>(std::min(delay, 1e12))));
}

} // namespace

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" ||
           method == "PUT" || method == "DELETE";
}

std::optional<milliseconds> retry_delay(const RetryPolicy& policy, const Attempt& attempt) {
    if (attempt.number >= policy.max_attempts) {
        return std::nullopt;
    }
    const bool passing = attempt.failure != TransportFailure::none
                             ? failure_is_passing(attempt.failure)
                             : status_is_passing(attempt.status);
    if (!passing || !(is_idempotent(attempt.method) || was_not_acted_on(attempt))) {
        return std::nullopt;
    }
    const milliseconds delay = backoff(policy, attempt);
    if (!attempt.retry_after) {
        return delay;
    }
    if (*attempt.retry_after > policy.max_retry_after) {
        return std::nullopt;
    }
    return std::max(delay, *attempt.retry_after);
}

std::optional<milliseconds> parse_retry_after(std::string_view value,
                                              std::chrono::system_clock::time_point now) {
    value = trim(value);
    if (const auto seconds = parse_unsigned(value)) {
        constexpr std::uint64_t day = 86'400;
        return std::chrono::seconds(std::min(*seconds, 365 * day));
    }
    const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
    if (date < 0) {
        return std::nullopt;
    }
    const auto pause = std::chrono::system_clock::from_time_t(date) - now;
    return std::max(std::chrono::ceil<milliseconds>(pause), milliseconds(0));
}

} // namespace pymode

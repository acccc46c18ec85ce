// SPDX-License-Identifier: MIT
#include "core/base/retry.hpp"

#include <catch2/catch.hpp>

using namespace pymode;
using namespace std::chrono_literals;
using F = TransportFailure;

TEST_CASE("what is asked again") {
    struct Row {
        const char* why;
        Attempt attempt;
        bool again;
    };
    const Row rows[] = {
        {"an answer", {1, "GET", F::none, 200, {}, 0.5}, false},
        {"not found stays not found", {1, "GET", F::none, 404, {}, 0.5}, false},
        {"forbidden", {1, "GET", F::none, 401, {}, 0.5}, false},
        {"server fault", {1, "GET", F::none, 500, {}, 0.5}, true},
        {"bad gateway", {1, "PUT", F::none, 502, {}, 0.5}, true},
        {"not implemented", {1, "GET", F::none, 501, {}, 0.5}, false},
        {"the server behind Cloudflare is silent", {1, "PUT", F::none, 524, {}, 0.5}, true},
        {"its certificate is wrong", {1, "GET", F::none, 526, {}, 0.5}, false},
        {"request timeout", {1, "GET", F::none, 408, {}, 0.5}, true},
        {"too many", {1, "GET", F::none, 429, {}, 0.5}, true},
        {"last attempt", {4, "GET", F::none, 500, {}, 0.5}, false},
        {"POST may have been done", {1, "POST", F::none, 500, {}, 0.5}, false},
        {"POST refused before doing", {1, "POST", F::none, 429, {}, 0.5}, true},
        {"POST put off", {1, "POST", F::none, 503, 2s, 0.5}, true},
        {"POST, perhaps done", {1, "POST", F::none, 503, {}, 0.5}, false},
        {"PATCH is no idempotent method", {1, "PATCH", F::reset, 0, {}, 0.5}, false},
        {"POST never sent", {1, "POST", F::connect, 0, {}, 0.5}, true},
        {"POST without an address", {1, "POST", F::resolve, 0, {}, 0.5}, true},
        {"broken connection", {1, "DELETE", F::reset, 0, {}, 0.5}, true},
        {"short answer", {2, "GET", F::truncated, 0, {}, 0.5}, true},
        {"silence", {3, "GET", F::timeout, 0, {}, 0.5}, true},
        {"wrong certificate", {1, "GET", F::tls, 0, {}, 0.5}, false},
        {"too big", {1, "GET", F::too_large, 0, {}, 0.5}, false},
        {"cancelled", {1, "GET", F::cancelled, 0, {}, 0.5}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.why);
        CHECK(retry_delay({}, row.attempt).has_value() == row.again);
    }
}

TEST_CASE("how long is waited") {
    const auto delay = [](int number, double jitter,
                          std::optional<std::chrono::milliseconds> wish = {}) {
        return retry_delay({}, {number, "GET", F::none, 503, wish, jitter});
    };
    CHECK(delay(1, 0.5) == 500ms);
    CHECK(delay(2, 0.5) == 1000ms);
    CHECK(delay(3, 0.5) == 2000ms);
    CHECK(delay(1, 0.0) == 250ms);
    CHECK(delay(1, 0.99) == 745ms);
    CHECK(delay(1, 0.5, 7s) == 7s);
    CHECK(delay(2, 0.5, 0s) == 1000ms);
    CHECK_FALSE(delay(1, 0.5, 61s).has_value());
    const RetryPolicy patient{.max_attempts = 100};
    CHECK(retry_delay(patient, {90, "GET", F::reset, 0, {}, 0.5}) == 10'000ms);
}

TEST_CASE("Retry-After") {
    // Sun, 06 Nov 1994 08:49:37 GMT
    const auto date = std::chrono::system_clock::from_time_t(784'111'777);
    CHECK(parse_retry_after("120", date) == 120s);
    CHECK(parse_retry_after(" 0 ", date) == 0s);
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", date - 5s) == 5s);
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", date + 5s) == 0s);
    CHECK(parse_retry_after("99999999999999999999", date) == std::nullopt);
    CHECK_FALSE(parse_retry_after("soon", date).has_value());
    CHECK_FALSE(parse_retry_after("", date).has_value());
}

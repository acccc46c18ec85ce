// SPDX-License-Identifier: MIT
// How long an answer may be used again without asking (RFC 9111, as far as indexes use it).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/base/http.hpp"

namespace pymode {

// What counts when an index says nothing: as long as the big public ones say.
inline constexpr std::chrono::seconds default_lifetime{600};

struct Freshness {
    std::string etag;
    std::string last_modified;
    std::int64_t stored_at = 0; // seconds since 1970
    std::int64_t lifetime = 0;  // seconds; 0: ask each time

    friend bool operator==(const Freshness&, const Freshness&) = default;
};

// Of a 200 or a 304 that arrived at `now`. A day is the longest lifetime.
[[nodiscard]] Freshness freshness_of(const HttpResponse& response,
                                     std::chrono::system_clock::time_point now);

[[nodiscard]] bool is_fresh(const Freshness& freshness, std::chrono::system_clock::time_point now);

// If-None-Match, If-Modified-Since.
void add_conditions(HttpRequest& request, const Freshness& freshness);

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/index/freshness.hpp"

#include <algorithm>
#include <optional>

#include <curl/curl.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::int64_t longest_lifetime = 86'400;

std::int64_t unix_seconds(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<std::int64_t> http_date(std::optional<std::string_view> text) {
    if (!text) {
        return std::nullopt;
    }
    const time_t date = curl_getdate(std::string(*text).c_str(), nullptr);
    return date < 0 ? std::nullopt : std::optional<std::int64_t>(date);
}

// What Cache-Control says, if it says anything about that.
std::optional<std::int64_t> controlled_lifetime(std::string_view header) {
    std::optional<std::int64_t> lifetime;
    for (const std::string_view part : split(header, ',')) {
        const std::string directive = to_lower_ascii(trim(part));
        if (directive == "no-store" || directive.starts_with("no-cache")) {
            return 0;
        }
        if (directive.starts_with("max-age=")) {
            std::string_view digits = std::string_view(directive).substr(8);
            if (digits.size() >= 2 && digits.starts_with('"') && digits.ends_with('"')) {
                digits = digits.substr(1, digits.size() - 2);
            }
            // A number that cannot be read is taken for 0, a huge one for the longest.
            const bool huge = digits.size() > 9;
            lifetime = huge ? longest_lifetime
                            : static_cast<std::int64_t>(parse_unsigned(digits).value_or(0));
        }
    }
    return lifetime;
}

} // namespace

Freshness freshness_of(const HttpResponse& response, std::chrono::system_clock::time_point now) {
    Freshness freshness;
    freshness.etag = response.header("ETag").value_or("");
    freshness.last_modified = response.header("Last-Modified").value_or("");
    freshness.stored_at = unix_seconds(now);
    auto lifetime = controlled_lifetime(response.header("Cache-Control").value_or(""));
    if (!lifetime && response.header("Expires")) {
        const auto expires = http_date(response.header("Expires"));
        const auto date = http_date(response.header("Date")).value_or(freshness.stored_at);
        lifetime = expires ? *expires - date : 0;
    }
    const auto age = parse_unsigned(response.header("Age").value_or("0")).value_or(0);
    const std::int64_t seconds = lifetime.value_or(default_lifetime.count()) -
                                 static_cast<std::int64_t>(std::min<std::uint64_t>(
                                     age, static_cast<std::uint64_t>(longest_lifetime)));
    freshness.lifetime = std::clamp<std::int64_t>(seconds, 0, longest_lifetime);
    return freshness;
}

bool is_fresh(const Freshness& freshness, std::chrono::system_clock::time_point now) {
    const std::int64_t age = unix_seconds(now) - freshness.stored_at;
    return age >= 0 && age < freshness.lifetime;
}

void add_conditions(HttpRequest& request, const Freshness& freshness) {
    if (!freshness.etag.empty()) {
        request.headers.push_back({"If-None-Match", freshness.etag});
    } else if (!freshness.last_modified.empty()) {
        request.headers.push_back({"If-Modified-Since", freshness.last_modified});
    }
}

} // namespace pymode

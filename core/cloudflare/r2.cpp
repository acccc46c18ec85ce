// SPDX-License-Identifier: MIT
#include "core/cloudflare/r2.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/send_once.hpp"

namespace pymode {
namespace {

constexpr int kBucketTaken = 10004;
constexpr int kNoBucket = 10006;
constexpr int kNoKey = 10007;
constexpr int kNotEmpty = 10008;
constexpr std::size_t kMaxKeyBytes = 1024;

std::string buckets_path(const std::string& account) {
    return fmt::format("/accounts/{}/r2/buckets", account);
}

std::string path_of(const R2Place& place) {
    return fmt::format("{}/{}", buckets_path(place.account), percent_encoded(place.bucket));
}

// Slashes stay, as wrangler sends them.
std::string object_path(const R2Place& place, const std::string& key) {
    return fmt::format("{}/objects/{}", path_of(place),
                       replace_all(percent_encoded(key), "%2F", "/"));
}

R2Bucket to_bucket(const nlohmann::json& item) {
    return {text_of(item, "name"), text_of(item, "creation_date"), text_of(item, "location")};
}

std::unexpected<Error> r2_error(const ApiAnswer& answer, const R2Place& place,
                                std::string_view doing) {
    if (answer.has_problem(kNoBucket)) {
        return fail(ErrorCode::not_found,
                    fmt::format("the account has no R2 bucket {}", printable(place.bucket)),
                    "`pymode r2 bucket list` shows those there are");
    }
    return std::unexpected(api_error(answer, doing));
}

std::unexpected<Error> no_object(const R2Place& place, const std::string& key) {
    return fail(ErrorCode::not_found,
                fmt::format("{} has no object {}", place.bucket, printable(key)));
}

} // namespace

Expected<> check_r2_key(std::string_view key) {
    if (key.empty() || key.size() > kMaxKeyBytes || !is_valid_utf8(key)) {
        return fail(ErrorCode::usage,
                    fmt::format("an object's key has 1 to {} bytes of UTF-8", kMaxKeyBytes));
    }
    const auto parts = split(key, '/');
    const bool dots = std::ranges::any_of(
        parts, [](std::string_view part) { return part == "." || part == ".."; });
    return dots ? fail(ErrorCode::usage,
                       fmt::format("Cloudflare's API cannot name the object `{}`: \".\" and \"..\" "
                                   "mean folders in an address",
                                   printable(key)),
                       "S3's interface can")
                : Expected<>();
}

Expected<std::vector<R2Bucket>> list_r2_buckets(CloudflareApi& api, const std::string& account) {
    const auto items = api.list(buckets_path(account), "list the R2 buckets", "buckets");
    if (!items) {
        return propagate(items);
    }
    std::vector<R2Bucket> buckets;
    std::ranges::transform(*items, std::back_inserter(buckets), to_bucket);
    return buckets;
}

Expected<R2Bucket> create_r2_bucket(CloudflareApi& api, const R2Place& place,
                                    const std::string& location) {
    const FindEffect find = [&]() -> Expected<std::optional<nlohmann::json>> {
        const Expected<ApiAnswer> answer = api.send({.path = path_of(place)});
        if (!answer) {
            return propagate(answer);
        }
        if (!answer->success && !answer->has_problem(kNoBucket)) {
            return std::unexpected(api_error(*answer, "look the R2 bucket up"));
        }
        return answer->success ? std::optional(answer->result) : std::nullopt;
    };
    nlohmann::json body{{"name", place.bucket}};
    if (!location.empty()) {
        body["locationHint"] = location;
    }
    const Expected<ApiAnswer> answer = send_once(
        api, {.method = "POST", .path = buckets_path(place.account), .json = std::move(body)},
        find);
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kBucketTaken)) {
        return fail(ErrorCode::api,
                    fmt::format("there is an R2 bucket {} already", printable(place.bucket)));
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, "create the R2 bucket"));
    }
    return to_bucket(answer->result);
}

Expected<> delete_r2_bucket(CloudflareApi& api, const R2Place& place) {
    const Expected<ApiAnswer> answer = api.send({.method = "DELETE", .path = path_of(place)});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNotEmpty)) {
        return fail(ErrorCode::api, fmt::format("the R2 bucket {} is not empty", place.bucket),
                    "delete its objects first");
    }
    const bool gone = answer->has_problem(kNoBucket) && answer->attempts > 1;
    return answer->success || gone ? Expected<>()
                                   : r2_error(*answer, place, "delete the R2 bucket");
}

Expected<> get_r2_object(CloudflareApi& api, const R2Place& place, const std::string& key,
                         std::shared_ptr<BodySink> sink, const ByteProgress& on_progress) {
    const auto report = [&](std::uint64_t, std::uint64_t received) { on_progress(received); };
    const Expected<HttpResponse> response = api.send_raw({.path = object_path(place, key),
                                                          .on_progress = report,
                                                          .sink = std::move(sink),
                                                          .accept_compressed = false,
                                                          .max_answer_bytes = kMaxR2DownloadBytes});
    if (!response) {
        return propagate(response);
    }
    if (response->ok()) {
        return {};
    }
    const Expected<ApiAnswer> answer = parse_api_answer(*response);
    if (!answer) {
        return propagate(answer);
    }
    return answer->has_problem(kNoKey) ? no_object(place, key)
                                       : r2_error(*answer, place, "hand the object out");
}

Expected<> put_r2_object(CloudflareApi& api, const R2Place& place, const std::string& key,
                         const std::filesystem::path& file, const R2ObjectHeaders& headers,
                         const ByteProgress& on_progress) {
    ApiRequest request{.method = "PUT",
                       .path = object_path(place, key),
                       .content_type = headers.content_type.empty() ? "application/octet-stream"
                                                                    : headers.content_type};
    const std::pair<std::string_view, const std::string&> others[] = {
        {"Cache-Control", headers.cache_control},
        {"Content-Disposition", headers.content_disposition},
        {"Content-Encoding", headers.content_encoding},
        {"Content-Language", headers.content_language},
    };
    for (const auto& [name, value] : others) {
        if (!value.empty()) {
            request.headers.push_back({std::string(name), value});
        }
    }
    request.body_file = file;
    request.on_progress = [&](std::uint64_t sent, std::uint64_t) { on_progress(sent); };
    const Expected<ApiAnswer> answer = api.send(request);
    if (!answer) {
        return propagate(answer);
    }
    return answer->success ? Expected<>() : r2_error(*answer, place, "store the object");
}

Expected<> delete_r2_object(CloudflareApi& api, const R2Place& place, const std::string& key) {
    const Expected<ApiAnswer> answer =
        api.send({.method = "DELETE", .path = object_path(place, key)});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoKey)) {
        return answer->attempts > 1 ? Expected<>() : no_object(place, key);
    }
    return answer->success ? Expected<>() : r2_error(*answer, place, "delete the object");
}

} // namespace pymode

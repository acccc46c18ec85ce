// SPDX-License-Identifier: MIT
// R2: buckets of an account, and the objects in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {

// What Cloudflare takes with one call; more needs the parts of S3's interface.
inline constexpr std::uint64_t kMaxR2UploadBytes = 300 << 20;
inline constexpr std::uint64_t kMaxR2DownloadBytes = std::uint64_t{5} << 40;

struct R2Bucket {
    std::string name;
    std::string created_on;
    std::string location;
};

struct R2Place {
    std::string account;
    std::string bucket;
};

// What an upload says about the object; empty: nothing.
struct R2ObjectHeaders {
    std::string content_type{};
    std::string cache_control{};
    std::string content_disposition{};
    std::string content_encoding{};
    std::string content_language{};
};

// Called with the bytes sent or received so far.
using ByteProgress = std::function<void(std::uint64_t bytes)>;

// What a path of Cloudflare's API can name: 1 to 1024 bytes of UTF-8 without "." and ".." as a
// part.
Expected<> check_r2_key(std::string_view key);

Expected<std::vector<R2Bucket>> list_r2_buckets(CloudflareApi& api, const std::string& account);

// One of that name that is there already is an Error. `location` may be empty.
Expected<R2Bucket> create_r2_bucket(CloudflareApi& api, const R2Place& place,
                                    const std::string& location);

// Only an empty one can be deleted.
Expected<> delete_r2_bucket(CloudflareApi& api, const R2Place& place);

// Into `sink`. An object that is not there is ErrorCode::not_found.
Expected<> get_r2_object(CloudflareApi& api, const R2Place& place, const std::string& key,
                         std::shared_ptr<BodySink> sink, const ByteProgress& on_progress);

// The content of `file`, read while it is sent.
Expected<> put_r2_object(CloudflareApi& api, const R2Place& place, const std::string& key,
                         const std::filesystem::path& file, const R2ObjectHeaders& headers,
                         const ByteProgress& on_progress);

Expected<> delete_r2_object(CloudflareApi& api, const R2Place& place, const std::string& key);

} // namespace pymode

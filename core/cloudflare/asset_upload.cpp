// SPDX-License-Identifier: MIT
#include "core/cloudflare/asset_upload.hpp"

#include <map>
#include <span>

#include <fmt/format.h>

#include "core/cloudflare/content_types.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {
namespace {

constexpr std::size_t kParallelBuckets = 3;
// Of files in one round of uploads, before base64; a bucket that is larger travels alone.
constexpr std::uint64_t kRoundBytes = std::uint64_t{24} << 20;
constexpr int kMaxAttempts = 5;

using Bucket = std::vector<const AssetFile*>;

struct Session {
    std::string jwt;
    std::vector<Bucket> buckets;
};

std::uint64_t bytes_of(const Bucket& bucket) {
    std::uint64_t bytes = 0;
    for (const AssetFile* file : bucket) {
        bytes += file->size;
    }
    return bytes;
}

std::string raw_text(const nlohmann::json& object, std::string_view key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::unexpected<Error> odd_answer(std::string_view what) {
    return fail(ErrorCode::api,
                fmt::format("Cloudflare's answer to the list of assets makes no sense: {}", what));
}

Expected<std::vector<Bucket>> read_buckets(const nlohmann::json& result,
                                           const AssetFolder& folder) {
    std::map<std::string_view, const AssetFile*> by_hash;
    for (const AssetFile& file : folder.files) {
        by_hash.emplace(file.hash, &file); // equal files are asked for once; the first one goes
    }
    std::vector<Bucket> buckets;
    const auto found = result.find("buckets");
    if (found == result.end() || found->is_null()) {
        return buckets;
    }
    for (const nlohmann::json& hashes : *found) {
        if (!hashes.is_array()) {
            return odd_answer("a bucket is no list");
        }
        Bucket bucket;
        for (const nlohmann::json& hash : hashes) {
            const auto file =
                hash.is_string() ? by_hash.find(hash.get_ref<const std::string&>()) : by_hash.end();
            if (file == by_hash.end()) {
                return odd_answer("it asks for a file that was not listed");
            }
            bucket.push_back(file->second);
        }
        if (!bucket.empty()) {
            buckets.push_back(std::move(bucket));
        }
    }
    return buckets;
}

Expected<Session> open_session(CloudflareApi& api, const std::string& account,
                               const std::string& worker, const AssetFolder& folder) {
    nlohmann::json manifest = nlohmann::json::object();
    for (const AssetFile& file : folder.files) {
        manifest["/" + file.path] = {{"hash", file.hash}, {"size", file.size}};
    }
    const ApiRequest request{
        .method = "POST",
        .path = script_path({account, worker}) + "/assets-upload-session",
        .json = nlohmann::json{{"manifest", std::move(manifest)}},
        .repeatable = true,
    };
    const Expected<nlohmann::json> result = api.call(request, "take the list of assets");
    if (!result) {
        return propagate(result);
    }
    Session session{raw_text(*result, "jwt"), {}};
    if (session.jwt.empty()) {
        return odd_answer("there is no token");
    }
    Expected<std::vector<Bucket>> buckets = read_buckets(*result, folder);
    if (!buckets) {
        return propagate(buckets);
    }
    session.buckets = std::move(*buckets);
    return session;
}

Expected<ApiRequest> bucket_request(const std::string& account, const std::string& jwt,
                                    const AssetFolder& folder, const Bucket& bucket) {
    ApiRequest request{
        .method = "POST",
        .path = fmt::format("/accounts/{}/workers/assets/upload?base64=true", account),
        .bearer = jwt,
        .repeatable = true, // content under its hash
        .max_attempts = kMaxAttempts,
    };
    for (const AssetFile* file : bucket) {
        Expected<Bytes> content = read_asset(folder, *file);
        if (!content) {
            return propagate(content);
        }
        request.multipart.push_back(owning_part(
            file->hash, file->hash, asset_content_type(file->path), std::move(*content)));
    }
    return request;
}

// How many of the buckets go together.
std::size_t round_size(std::span<const Bucket> buckets) {
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    for (const Bucket& bucket : buckets) {
        bytes += bytes_of(bucket);
        if (count > 0 && (count == kParallelBuckets || bytes > kRoundBytes)) {
            break;
        }
        ++count;
    }
    return count;
}

} // namespace

Expected<AssetUpload>
upload_assets(CloudflareApi& api, const std::string& account, const std::string& worker,
              const AssetFolder& folder,
              const std::function<void(std::uint64_t sent, std::uint64_t total)>& on_upload) {
    Expected<Session> session = open_session(api, account, worker, folder);
    if (!session) {
        return propagate(session);
    }
    AssetUpload upload;
    if (session->buckets.empty()) {
        upload.jwt = std::move(session->jwt); // nothing is missing: it is the last token already
        return upload;
    }
    std::uint64_t total = 0;
    for (const Bucket& bucket : session->buckets) {
        total += bytes_of(bucket);
    }
    std::span<const Bucket> rest(session->buckets);
    while (!rest.empty()) {
        const std::span<const Bucket> round = rest.first(round_size(rest));
        rest = rest.subspan(round.size());
        std::vector<ApiRequest> requests;
        for (const Bucket& bucket : round) {
            Expected<ApiRequest> request = bucket_request(account, session->jwt, folder, bucket);
            if (!request) {
                return propagate(request);
            }
            requests.push_back(std::move(*request));
        }
        for (const Expected<ApiAnswer>& answer : api.send_all(requests)) {
            if (!answer) {
                return propagate(answer);
            }
            if (!answer->success) {
                return std::unexpected(api_error(*answer, "take assets"));
            }
            if (std::string jwt = raw_text(answer->result, "jwt"); !jwt.empty()) {
                upload.jwt = std::move(jwt); // whichever request completes the set brings it
            }
        }
        for (const Bucket& bucket : round) {
            upload.uploaded_files += bucket.size();
            upload.uploaded_bytes += bytes_of(bucket);
        }
        if (on_upload) {
            on_upload(upload.uploaded_bytes, total);
        }
    }
    if (upload.jwt.empty()) {
        return fail(ErrorCode::api, "Cloudflare took all assets and gave no token for them",
                    "deploy again");
    }
    return upload;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// KV: namespaces of an account, and the values in them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {

inline constexpr std::uint64_t kMaxKvValueBytes = 25 << 20;
inline constexpr std::size_t kMaxKvKeyBytes = 512;
inline constexpr std::uint64_t kMinKvTtlSeconds = 60;
// As many as wrangler sends with one call; Cloudflare takes ten times as many.
inline constexpr std::size_t kKvBulkCount = 1000;

struct KvNamespace {
    std::string id;
    std::string title;
};

// Where keys are: a namespace of an account.
struct KvPlace {
    std::string account;
    std::string id; // of the namespace
};

struct KvKey {
    std::string name;                        // as it is: not safe for a terminal
    std::optional<std::uint64_t> expiration; // seconds since 1970
    nlohmann::json metadata;                 // null: none
};

struct KvPutOptions {
    std::optional<std::uint64_t> expiration{};     // seconds since 1970
    std::optional<std::uint64_t> expiration_ttl{}; // seconds from now
    std::optional<nlohmann::json> metadata{};
};

// What a key must be for all calls here: 1 to 512 bytes of UTF-8, neither "." nor "..".
Expected<> check_kv_key(std::string_view key);

Expected<std::vector<KvNamespace>> list_kv_namespaces(CloudflareApi& api,
                                                      const std::string& account);

// One of that title that is there already is an Error.
Expected<KvNamespace> create_kv_namespace(CloudflareApi& api, const std::string& account,
                                          const std::string& title);

// With all that is in it.
Expected<> delete_kv_namespace(CloudflareApi& api, const KvPlace& place);

// No more than `most` of the keys that begin with `prefix`, in order.
Expected<std::vector<KvKey>> list_kv_keys(CloudflareApi& api, const KvPlace& place,
                                          const std::string& prefix, std::size_t most);

// The bytes as they are. A key without a value is ErrorCode::not_found.
Expected<Bytes> get_kv_value(CloudflareApi& api, const KvPlace& place, const std::string& key);

Expected<> put_kv_value(CloudflareApi& api, const KvPlace& place, const std::string& key,
                        Bytes value, const KvPutOptions& options);

// A key without a value is no error: Cloudflare does not tell.
Expected<> delete_kv_value(CloudflareApi& api, const KvPlace& place, const std::string& key);

// What a file for `put_kv_bulk` holds: an array of {"key", "value", "expiration"?,
// "expiration_ttl"?, "metadata"?, "base64"?}. ErrorCode::config with the entry that is wrong.
Expected<std::vector<nlohmann::json>> parse_kv_pairs(std::string_view file, std::string_view text);

// An array of keys, or of objects with a "name" or "key".
Expected<std::vector<nlohmann::json>> parse_kv_keys(std::string_view file, std::string_view text);

// Told how many are done after each call.
using KvProgress = std::function<void(std::size_t done)>;

// An Error says how many were written before. A key that Cloudflare did not take is an Error too.
Expected<> put_kv_bulk(CloudflareApi& api, const KvPlace& place,
                       const std::vector<nlohmann::json>& pairs, const KvProgress& on_done);
Expected<> delete_kv_bulk(CloudflareApi& api, const KvPlace& place,
                          const std::vector<nlohmann::json>& keys, const KvProgress& on_done);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Secrets of a Worker. Each change makes a version of the same code, and all but one function
// deploy it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {

inline constexpr std::size_t kMaxSecretChanges = 100; // in one call: Cloudflare's limit

struct Secret {
    std::string name;
    std::string type; // "secret_text"
};

// By name; nothing deletes the secret.
using SecretChanges = std::map<std::string, std::optional<std::string>>;

// A JSON object of strings and nulls when the text begins with `{`, else lines NAME=value as in
// `.dev.vars`. ErrorCode::config for anything else, without a word of the values.
Expected<SecretChanges> parse_secret_changes(std::string_view file, std::string_view text);

// Makes or replaces it. `name` and `value` are UTF-8.
Expected<> put_secret(CloudflareApi& api, const WorkerId& worker, const std::string& name,
                      const std::string& value);

Expected<std::vector<Secret>> list_secrets(CloudflareApi& api, const WorkerId& worker);

// One that is not there is ErrorCode::not_found.
Expected<> delete_secret(CloudflareApi& api, const WorkerId& worker, const std::string& name);

// All of them with one call; those that are not named stay.
Expected<> change_secrets(CloudflareApi& api, const WorkerId& worker, const SecretChanges& changes);

// A version of the latest one's code with these changes, which nobody deploys; its id. `message` is
// what `versions list` shows.
Expected<std::string> change_secrets_of_latest(CloudflareApi& api, const WorkerId& worker,
                                               const SecretChanges& changes,
                                               const std::string& message);

} // namespace pymode

// SPDX-License-Identifier: MIT
// A bundle on its way to Cloudflare: the form of the upload, and what its answer says.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/bundle/bundle.hpp"
#include "core/cloudflare/api.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

// What people say about a deployment.
struct Annotations {
    std::string tag;     // empty: none
    std::string message; // empty: none
};

inline constexpr std::size_t kMaxTagBytes = 100; // Cloudflare's limit

struct SecretText {
    std::string name;
    std::string value;
};

struct AssetsOfVersion {
    std::string jwt;
    std::string headers; // the text of _headers; empty: there is none
    std::string redirects;
};

// How the upload is made: with everything at once, which answers at once too, or as a version that
// a deployment makes answer.
enum class UploadKind { whole, version };

struct UploadInputs {
    const WorkerConfig& worker;
    const Bundle& bundle;
    std::optional<AssetsOfVersion> assets = {};
    std::optional<nlohmann::ordered_json> migrations = {}; // only with UploadKind::whole
    Annotations annotations = {};
    std::vector<SecretText> secrets = {}; // set with this version
};

struct UploadedVersion {
    std::string id; // a UUID
    std::optional<int> startup_time_ms;
    bool has_preview = false; // an address of its own can show it before it is deployed
};

// The request; `bundle` must outlive it.
ApiRequest upload_request(const std::string& account, const UploadInputs& inputs, UploadKind kind);

// From the answer to it.
UploadedVersion read_uploaded(const nlohmann::json& result, UploadKind kind);

// {"observability", "logpush"?, "tail_consumers"?}: what belongs to a Worker as a whole, whatever
// version answers.
nlohmann::json unversioned_settings(const WorkerConfig& worker);

// {"workers/message": …}, as versions and deployments have it.
nlohmann::json annotations_json(const Annotations& annotations);

} // namespace pymode

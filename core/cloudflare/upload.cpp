// SPDX-License-Identifier: MIT
#include "core/cloudflare/upload.hpp"

#include "core/bundle/metadata.hpp"
#include "core/cloudflare/deployed.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/worker_id.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

// Of a Worker as a whole, whatever version answers.
constexpr const char* kUnversioned[] = {"observability", "logpush", "tail_consumers"};

std::string metadata_for(const UploadInputs& inputs, UploadKind kind) {
    Json metadata = upload_metadata(inputs.worker);
    if (kind == UploadKind::version) {
        metadata.erase("code_update_strategy"); // goes with the deployment
        for (const char* key : kUnversioned) {  // after it; a version alone changes nothing live
            metadata.erase(key);
        }
    }
    if (inputs.migrations) {
        metadata["migrations"] = *inputs.migrations;
    }
    if (inputs.assets) {
        Json& assets = metadata["assets"];
        assets["jwt"] = inputs.assets->jwt;
        for (const auto& [key, text] : {std::pair{"_redirects", inputs.assets->redirects},
                                        std::pair{"_headers", inputs.assets->headers}}) {
            if (!text.empty()) {
                assets["config"][key] = text;
            }
        }
    }
    for (const SecretText& secret : inputs.secrets) {
        metadata["bindings"].push_back(
            {{"name", secret.name}, {"type", "secret_text"}, {"text", secret.value}});
    }
    if (const nlohmann::json annotations = annotations_json(inputs.annotations);
        !annotations.empty()) {
        metadata["annotations"] = annotations;
    }
    return metadata.dump();
}

} // namespace

nlohmann::json unversioned_settings(const WorkerConfig& worker) {
    const Json metadata = upload_metadata(worker);
    nlohmann::json settings = {{"observability", {{"enabled", false}}}}; // unless it is configured
    for (const char* key : kUnversioned) {
        if (const auto found = metadata.find(key); found != metadata.end()) {
            settings[key] = *found;
        }
    }
    return settings;
}

nlohmann::json annotations_json(const Annotations& annotations) {
    nlohmann::json result = nlohmann::json::object();
    if (!annotations.message.empty()) {
        result["workers/message"] = annotations.message;
    }
    if (!annotations.tag.empty()) {
        result["workers/tag"] = annotations.tag;
    }
    return result;
}

ApiRequest upload_request(const std::string& account, const UploadInputs& inputs, UploadKind kind) {
    const std::string script = script_path({account, inputs.worker.name});
    ApiRequest request;
    if (kind == UploadKind::whole) {
        request.method = "PUT";
        request.path = script + "?excludeScript=true&bindings_inherit=strict";
    } else {
        request.method = "POST";
        request.path = script + "/versions?bindings_inherit=strict";
        request.repeatable = true; // a second version that never answers does no harm
    }
    request.multipart.push_back(
        owning_part("metadata", "", "", to_bytes(metadata_for(inputs, kind))));
    for (const BundleModule& module : inputs.bundle.modules()) {
        // Part name and filename both have to be the module's name: Cloudflare's texts disagree on
        // which of them counts.
        request.multipart.push_back({module.name, module.name,
                                     std::string(content_type(module.kind)), module.bytes,
                                     nullptr});
    }
    return request;
}

UploadedVersion read_uploaded(const nlohmann::json& result, UploadKind kind) {
    UploadedVersion uploaded;
    // Despite its name `deployment_id` is the version's id.
    uploaded.id = as_uuid(text_of(result, kind == UploadKind::whole ? "deployment_id" : "id"));
    const auto time = result.find("startup_time_ms");
    if (time != result.end() && time->is_number()) {
        uploaded.startup_time_ms = time->get<int>();
    }
    uploaded.has_preview = member_of(member_of(result, "metadata"), "has_preview") == true;
    return uploaded;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/bundle/metadata.hpp"

#include <nlohmann/json.hpp>

#include "core/bundle/worker_script.hpp"

namespace pymode {

std::string upload_metadata(const Project& project) {
    using Json = nlohmann::ordered_json;
    Json bindings = Json::array();
    for (const Variable& variable : project.vars) {
        if (variable.kind == Variable::Kind::text) {
            bindings.push_back(
                {{"name", variable.name}, {"type", "plain_text"}, {"text", variable.value}});
        } else {
            bindings.push_back(
                {{"name", variable.name}, {"type", "json"}, {"json", Json::parse(variable.value)}});
        }
    }
    for (const KvNamespace& kv : project.kv_namespaces) {
        bindings.push_back(
            {{"name", kv.binding}, {"type", "kv_namespace"}, {"namespace_id", kv.id}});
    }
    Json metadata;
    metadata["main_module"] = kMainModule;
    metadata["bindings"] = std::move(bindings);
    metadata["compatibility_date"] = project.compatibility_date;
    metadata["compatibility_flags"] = project.compatibility_flags;
    // Without this line a deploy drops every secret that was set for the Worker.
    metadata["keep_bindings"] = {"secret_text", "secret_key"};
    return metadata.dump(2) + "\n";
}

} // namespace pymode

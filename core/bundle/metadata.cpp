// SPDX-License-Identifier: MIT
#include "core/bundle/metadata.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/bundle/worker_script.hpp"
#include "core/project/config_json.hpp"

namespace pymode {
namespace {

using Json = nlohmann::ordered_json;

Json inherited(const std::string& name) {
    return {{"name", name}, {"type", "inherit"}};
}

Json variable_binding(const Variable& variable) {
    if (variable.kind == Variable::Kind::text) {
        return {{"name", variable.name}, {"type", "plain_text"}, {"text", variable.value}};
    }
    return {{"name", variable.name}, {"type", "json"}, {"json", Json::parse(variable.value)}};
}

// The Worker that gets the requests of a dispatch namespace's Workers: the one setting whose shape
// in the metadata is another one than in the configuration.
Json outbound(const ConfigValue& table) {
    Json worker = {{"service", table.text_of("service")}};
    if (table.find("environment")) {
        worker["environment"] = table.text_of("environment");
    }
    Json result = {{"worker", std::move(worker)}};
    if (const ConfigValue* parameters = table.find("parameters")) {
        result["params"] = Json::array();
        for (const ConfigValue& parameter : parameters->items) {
            result["params"].push_back({{"name", parameter.text}});
        }
    }
    return result;
}

Json resource_binding(const Binding& binding) {
    if (binding.lacks_resource()) {
        return inherited(binding.name);
    }
    Json result = {{"name", binding.name}, {"type", binding.kind->type}};
    for (const Field& field : binding.kind->fields) {
        const ConfigValue* value = field.wire.empty() ? nullptr : binding.settings.find(field.key);
        if (value) {
            result[std::string(field.wire)] = to_json(*value);
        }
    }
    if (const ConfigValue* table = binding.settings.find("outbound")) {
        result["outbound"] = outbound(*table);
    }
    return result;
}

Json unsafe_binding(const UnsafeBinding& binding) {
    Json result = {{"name", binding.name}, {"type", binding.type}};
    result.update(to_json(binding.settings));
    return result;
}

// In wrangler's order.
Json all_bindings(const WorkerConfig& worker) {
    Json bindings = Json::array();
    for (const std::string& secret : worker.required_secrets) {
        // An upload fails when the version before has no such secret.
        bindings.push_back(inherited(secret));
    }
    for (const Variable& variable : worker.vars) {
        bindings.push_back(variable_binding(variable));
    }
    for (const Binding& binding : worker.bindings) {
        bindings.push_back(resource_binding(binding));
    }
    if (worker.assets && !worker.assets->binding.empty()) {
        bindings.push_back({{"name", worker.assets->binding}, {"type", "assets"}});
    }
    for (const UnsafeBinding& binding : worker.unsafe_bindings) {
        bindings.push_back(unsafe_binding(binding));
    }
    return bindings;
}

Json assets_part(const Assets& assets) {
    Json config = Json::object();
    const auto add = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            config[std::string(key)] = value;
        }
    };
    add("html_handling", assets.html_handling);
    add("not_found_handling", assets.not_found_handling);
    if (assets.run_worker_first) {
        std::visit([&](const auto& first) { config["run_worker_first"] = first; },
                   *assets.run_worker_first);
    }
    add("base_path", assets.base_path);
    return {{"config", std::move(config)}};
}

// "off" is what Cloudflare does when nothing is said; wrangler says nothing.
std::optional<Json> placement_part(const ConfigValue& placement) {
    if (placement.text_of("mode") == "off") {
        return std::nullopt;
    }
    Json result = to_json(placement);
    if (!placement.find("mode")) {
        result["mode"] = "targeted";
    }
    return result;
}

void add_settings(Json& metadata, const WorkerConfig& worker) {
    const auto add = [&](std::string_view key, const std::optional<ConfigValue>& value) {
        if (value) {
            metadata[std::string(key)] = to_json(*value);
        }
    };
    add("code_update_strategy", worker.code_update_strategy);
    for (const ConfigMember& each : worker.exports) {
        metadata["exports"][each.key] = to_json(each.value);
    }
    if (worker.logpush) {
        metadata["logpush"] = *worker.logpush;
    }
    if (const auto placement =
            worker.placement ? placement_part(*worker.placement) : std::nullopt) {
        metadata["placement"] = *placement;
    }
    add("tail_consumers", worker.tail_consumers);
    add("streaming_tail_consumers", worker.streaming_tail_consumers);
    add("limits", worker.limits);
    if (worker.assets) {
        metadata["assets"] = assets_part(*worker.assets);
    }
    add("observability", worker.observability);
    add("cache_options", worker.cache);
}

} // namespace

Json upload_metadata(const WorkerConfig& worker) {
    Json metadata;
    metadata["main_module"] = kMainModule;
    metadata["bindings"] = all_bindings(worker);
    metadata["compatibility_date"] = worker.compatibility_date;
    metadata["compatibility_flags"] = worker.compatibility_flags;
    // Without this line a deploy drops every secret that was set for the Worker.
    metadata["keep_bindings"] = {"secret_text", "secret_key"};
    if (worker.keep_vars) {
        metadata["keep_bindings"] = {"plain_text", "json", "secret_text", "secret_key"};
    }
    add_settings(metadata, worker);
    if (worker.unsafe_metadata) {
        // What is known is checked, and stays as it is.
        const Json unsafe = to_json(*worker.unsafe_metadata);
        for (const auto& [key, value] : unsafe.items()) {
            if (!metadata.contains(key)) {
                metadata[key] = value;
            }
        }
    }
    return metadata;
}

std::optional<Json> pending_migrations(const WorkerConfig& worker, std::string_view applied_tag) {
    const std::vector<Migration>& all = worker.migrations;
    if (all.empty() || all.back().tag == applied_tag) {
        return std::nullopt;
    }
    const auto applied = std::ranges::find(all, applied_tag, &Migration::tag);
    Json result;
    if (!applied_tag.empty()) {
        result["old_tag"] = applied_tag;
    }
    result["new_tag"] = all.back().tag;
    result["steps"] = Json::array();
    for (auto step = applied == all.end() ? all.begin() : applied + 1; step != all.end(); ++step) {
        result["steps"].push_back(to_json(step->step));
    }
    return result;
}

} // namespace pymode

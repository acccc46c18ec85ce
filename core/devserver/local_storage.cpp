// SPDX-License-Identifier: MIT
#include "core/devserver/local_storage.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/base/file.hpp"

namespace pymode {
namespace {

constexpr std::string_view kWorkerAsset = "dev/storage.js";
constexpr std::string_view kModule = "storage.js";

} // namespace

std::string local_name(const Binding& binding) {
    constexpr std::array kPreviews{"preview_id", "preview_bucket_name", "preview_database_id"};
    for (const std::string_view key : kPreviews) {
        if (binding.settings.find(key)) {
            return binding.text(key);
        }
    }
    return binding.lacks_resource() ? binding.name : binding.text(binding.kind->resource);
}

fs::path local_state(const fs::path& project_root) {
    return project_root / ".pymode" / "state";
}

Expected<WorkerSession> serve_local_storage(const SessionContext& context, const fs::path& work,
                                            const fs::path& state, const LocalResource& resource) {
    const auto worker = std::ranges::find(context.assets, kWorkerAsset, &Asset::name);
    const BindingKind* kind = find_binding_kind(resource.type);
    if (worker == context.assets.end() || kind == nullptr) {
        return fail(ErrorCode::internal, "this executable was built without the local storage");
    }
    const auto field = std::ranges::find(kind->fields, kind->resource, &Field::key);
    nlohmann::json binding{{"name", "RESOURCE"}, {"type", resource.type}};
    binding[std::string(field->wire)] = resource.name;
    const nlohmann::json metadata{{"main_module", kModule},
                                  {"bindings", nlohmann::json::array({std::move(binding)})},
                                  {"compatibility_date", kDefaultCompatibilityDate},
                                  {"compatibility_flags", nlohmann::json::array()}};
    const fs::path bundle = work / "bundle";
    if (Expected<> made = make_directories(bundle); !made) {
        return propagate(made);
    }
    if (Expected<> written = write_file_atomic(bundle / kModule, worker->bytes); !written) {
        return propagate(written);
    }
    if (Expected<> written = write_file_atomic(bundle / "metadata.json", metadata.dump());
        !written) {
        return propagate(written);
    }
    return WorkerSession::start(context, work, state);
}

} // namespace pymode

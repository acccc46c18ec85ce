// SPDX-License-Identifier: MIT
#include "core/cloudflare/versions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/cloudflare/json_member.hpp"

namespace pymode {
namespace {

constexpr int kNoVersion = 10214;

std::optional<std::uint64_t> number_of(const nlohmann::json& object, std::string_view key) {
    const nlohmann::json& value = member_of(object, key);
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

std::vector<std::string> texts_of(const nlohmann::json& object, std::string_view key) {
    std::vector<std::string> texts;
    for (const nlohmann::json& item : items_of(member_of(object, key))) {
        if (item.is_string()) {
            texts.push_back(text_of({{"text", item}}, "text"));
        }
    }
    return texts;
}

VersionHead to_head(const nlohmann::json& item) {
    const nlohmann::json& metadata = member_of(item, "metadata");
    const nlohmann::json& notes = member_of(item, "annotations");
    return {.id = text_of(item, "id"),
            .number = number_of(item, "number").value_or(0),
            .created_on = text_of(metadata, "created_on"),
            .author = text_of(metadata, "author_email"),
            .source = text_of(metadata, "source"),
            .message = text_of(notes, "workers/message"),
            .tag = text_of(notes, "workers/tag"),
            .triggered_by = text_of(notes, "workers/triggered_by")};
}

} // namespace

bool is_version_id(std::string_view text) {
    constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return std::ranges::equal(text, kShape, [](char c, char shape) {
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        return shape == '-' ? c == '-' : hex;
    });
}

Expected<std::vector<VersionHead>> list_versions(CloudflareApi& api, const WorkerId& worker,
                                                 std::size_t most) {
    Expected<std::vector<nlohmann::json>> items =
        api.list(script_path(worker) + "/versions", "list the versions", "items", most);
    if (!items) {
        return propagate(items);
    }
    std::vector<VersionHead> versions;
    std::ranges::transform(*items, std::back_inserter(versions), to_head);
    return versions;
}

Expected<Version> get_version(CloudflareApi& api, const WorkerId& worker, const std::string& id) {
    const Expected<ApiAnswer> answer =
        api.send({.path = fmt::format("{}/versions/{}", script_path(worker), percent_encoded(id))});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoVersion)) {
        return fail(ErrorCode::not_found, fmt::format("{} has no version {}", worker.name, id),
                    "`pymode versions list` shows those there are");
    }
    if (!answer->success) {
        return std::unexpected(worker_error(*answer, worker, "show the version"));
    }
    const nlohmann::json& resources = member_of(answer->result, "resources");
    const nlohmann::json& runtime = member_of(resources, "script_runtime");
    Version version{.head = to_head(answer->result),
                    .startup_time_ms = number_of(answer->result, "startup_time_ms"),
                    .compatibility_date = text_of(runtime, "compatibility_date"),
                    .compatibility_flags = texts_of(runtime, "compatibility_flags"),
                    .handlers = texts_of(member_of(resources, "script"), "handlers"),
                    .bindings = {}};
    for (const nlohmann::json& binding : items_of(member_of(resources, "bindings"))) {
        version.bindings.push_back({text_of(binding, "name"), text_of(binding, "type")});
    }
    return version;
}

Expected<std::string> ask_preview_url(CloudflareApi& api, const WorkerId& worker,
                                      std::string_view version) {
    const Expected<nlohmann::json> result =
        call_worker(api, worker, {.path = worker_path(worker)}, "tell the address of its previews");
    if (!result) {
        return propagate(result);
    }
    const nlohmann::json& subdomain = member_of(*result, "subdomain");
    const std::string suffix = text_of(subdomain, "preview_url_suffix");
    if (member_of(subdomain, "previews_enabled") != true || suffix.empty()) {
        return "";
    }
    constexpr std::size_t kShortId = 8;
    return fmt::format("https://{}{}", version.substr(0, kShortId), suffix);
}

} // namespace pymode

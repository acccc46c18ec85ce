// SPDX-License-Identifier: MIT
#include "core/cloudflare/named_resources.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/queues.hpp"

namespace pymode {
namespace {

constexpr int kServerFailure = 500;
constexpr int kNotAllowed = 10000;
constexpr int kForbidden = 403;
constexpr std::size_t kMaxIdLength = 255;

struct KnownType {
    std::string_view type;
    std::string_view title;
    int exists;           // the code of "there is one of that name"
    int absent;           // the code of "there is none"; 0: an empty list says so
    std::string_view id;  // the member of an answer that a binding is given
    std::string_view key; // the member of the request that names it
    std::string_view path;
};

constexpr std::array kTypes{
    KnownType{"kv_namespace", "KV namespace", 10014, 0, "id", "title", "storage/kv/namespaces"},
    KnownType{"d1", "D1 database", 7502, 7404, "uuid", "name", "d1/database"},
    KnownType{"r2_bucket", "R2 bucket", 10004, 10006, "name", "name", "r2/buckets"},
    KnownType{"queue", "queue", 11009, 0, "queue_name", "queue_name", "queues"},
};

const KnownType& type_of(const ResourceName& wanted) {
    return *std::ranges::find(kTypes, wanted.type, &KnownType::type);
}

std::string path_of(const KnownType& type, const std::string& account) {
    return fmt::format("/accounts/{}/{}", account, type.path);
}

std::string shown(const ResourceName& wanted) {
    return fmt::format("{} {}", type_of(wanted).title, printable(wanted.name));
}

// Ids go into the upload and into the user's file, so what they may be is checked.
Expected<std::string> id_in(const nlohmann::json& item, const ResourceName& wanted) {
    const std::string id = text_of(item, type_of(wanted).id);
    const bool plain = std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
    if (id.empty() || id.size() > kMaxIdLength || !plain) {
        return fail(ErrorCode::api,
                    fmt::format("Cloudflare's answer has no id of the {}", shown(wanted)));
    }
    return id;
}

std::vector<HttpHeader> headers_for(const ResourceName& wanted) {
    if (wanted.type == "r2_bucket" && !wanted.jurisdiction.empty()) {
        return {{"cf-r2-jurisdiction", wanted.jurisdiction}};
    }
    return {};
}

// Titles can only be found in the list of all.
Expected<FoundResource> find_namespace(CloudflareApi& api, const std::string& account,
                                       const ResourceName& wanted) {
    Expected<std::vector<nlohmann::json>> all =
        api.list(path_of(type_of(wanted), account) + "?per_page=100&order=title&direction=asc",
                 "list the KV namespaces");
    if (!all) {
        return propagate(all);
    }
    for (const nlohmann::json& item : *all) {
        if (text_of(item, "title") == wanted.name) {
            Expected<std::string> id = id_in(item, wanted);
            return id ? Expected<FoundResource>(FoundResource{std::move(*id)}) : propagate(id);
        }
    }
    return FoundResource{};
}

ApiRequest question(const std::string& account, const ResourceName& wanted) {
    if (wanted.type == "queue") {
        return queue_request(account, wanted.name);
    }
    ApiRequest request{.path = fmt::format("{}/{}", path_of(type_of(wanted), account),
                                           percent_encoded(wanted.name))};
    request.headers = headers_for(wanted);
    return request;
}

ApiRequest creation(const std::string& account, const ResourceName& wanted) {
    const KnownType& type = type_of(wanted);
    ApiRequest request{.method = "POST", .path = path_of(type, account)};
    request.json = nlohmann::json{{std::string(type.key), wanted.name}};
    if (wanted.type == "d1" && !wanted.jurisdiction.empty()) {
        (*request.json)["jurisdiction"] = wanted.jurisdiction;
    }
    request.headers = headers_for(wanted);
    return request;
}

} // namespace

bool is_named_resource(std::string_view type) {
    return std::ranges::find(kTypes, type, &KnownType::type) != kTypes.end();
}

Expected<FoundResource> find_resource(CloudflareApi& api, const std::string& account,
                                      const ResourceName& wanted) {
    if (wanted.type == "kv_namespace") {
        return find_namespace(api, account, wanted);
    }
    Expected<ApiAnswer> answer = api.send(question(account, wanted));
    if (!answer) {
        return propagate(answer);
    }
    if (!answer->success) {
        const int absent = type_of(wanted).absent;
        if (absent != 0 && answer->has_problem(absent)) {
            return FoundResource{};
        }
        if (answer->has_problem(kNotAllowed) || answer->status == kForbidden) {
            return FoundResource{std::nullopt, false};
        }
        return std::unexpected(api_error(*answer, fmt::format("look the {} up", shown(wanted))));
    }
    if (wanted.type == "queue") {
        Expected<std::optional<Queue>> queue = queue_in(answer->result, wanted.name);
        if (!queue) {
            return propagate(queue);
        }
        return *queue ? FoundResource{wanted.name} : FoundResource{};
    }
    // A database's path may hold its id as well: one whose id is that name is another one.
    if (wanted.type == "d1" && text_of(answer->result, "name") != wanted.name) {
        return FoundResource{};
    }
    Expected<std::string> id = id_in(answer->result, wanted);
    return id ? Expected<FoundResource>(FoundResource{std::move(*id)}) : propagate(id);
}

Expected<std::string> create_resource(CloudflareApi& api, const std::string& account,
                                      const ResourceName& wanted) {
    const ApiRequest request = creation(account, wanted);
    const std::string doing = fmt::format("make the {}", shown(wanted));
    for (bool last = false;; last = true) {
        Expected<ApiAnswer> answer = api.send(request);
        if (answer && answer->success) {
            return id_in(answer->result, wanted);
        }
        const bool exists = answer && answer->has_problem(type_of(wanted).exists);
        Error error = answer ? api_error(*answer, doing) : std::move(answer.error());
        const bool certain =
            answer ? answer->status < kServerFailure : error.code == ErrorCode::cancelled;
        if (certain && !exists) {
            return std::unexpected(std::move(error));
        }
        Expected<FoundResource> found = find_resource(api, account, wanted);
        if (!found || !found->allowed) {
            return std::unexpected(std::move(error).with_note(
                fmt::format("whether the {} was made is not known{}", shown(wanted),
                            found ? "" : ": " + found.error().message)));
        }
        if (found->id) {
            return std::move(*found->id);
        }
        if (last || exists) {
            return std::unexpected(std::move(error));
        }
    }
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/cloudflare/kv.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/send_once.hpp"

namespace pymode {
namespace {

constexpr int kNoNamespace = 10013;
constexpr int kNoKey = 10009;
constexpr int kTitleTaken = 10014;
constexpr std::size_t kKeysOfPage = 1000;
constexpr std::size_t kMinKeysOfPage = 10;
constexpr std::size_t kMaxPairs = 1'000'000;

std::string namespaces_path(const std::string& account) {
    return fmt::format("/accounts/{}/storage/kv/namespaces", account);
}

std::string path_of(const KvPlace& place) {
    return fmt::format("{}/{}", namespaces_path(place.account), percent_encoded(place.id));
}

std::string value_path(const KvPlace& place, const std::string& key) {
    return fmt::format("{}/values/{}", path_of(place), percent_encoded(key));
}

KvNamespace to_namespace(const nlohmann::json& item) {
    return {text_of(item, "id"), text_of(item, "title")};
}

std::unexpected<Error> kv_error(const ApiAnswer& answer, const KvPlace& place,
                                std::string_view doing) {
    if (answer.status == 404 && answer.has_problem(kNoNamespace)) {
        return fail(ErrorCode::not_found,
                    fmt::format("the account has no KV namespace {}", printable(place.id)),
                    "`pymode kv namespace list` shows those there are");
    }
    return std::unexpected(api_error(answer, doing));
}

Expected<> change(CloudflareApi& api, const KvPlace& place, const ApiRequest& request,
                  std::string_view doing) {
    const Expected<ApiAnswer> answer = api.send(request);
    if (!answer) {
        return propagate(answer);
    }
    return answer->success ? Expected<>() : kv_error(*answer, place, doing);
}

// The keys that a call for many did not take.
std::vector<std::string> keys_left_out(const nlohmann::json& result) {
    std::vector<std::string> keys;
    for (const nlohmann::json& key : items_of(member_of(result, "unsuccessful_keys"))) {
        keys.push_back(key.is_string() ? printable(key.get<std::string>()) : "?");
    }
    return keys;
}

Expected<> send_in_parts(CloudflareApi& api, const KvPlace& place, ApiRequest request,
                         const std::vector<nlohmann::json>& items, std::string_view doing,
                         const KvProgress& on_done) {
    request.path = path_of(place) + "/bulk";
    for (std::size_t done = 0; done < items.size();) {
        const std::size_t count = std::min(kKvBulkCount, items.size() - done);
        const auto begin = items.begin() + static_cast<std::ptrdiff_t>(done);
        request.json = nlohmann::json(
            std::vector<nlohmann::json>(begin, begin + static_cast<std::ptrdiff_t>(count)));
        const std::string before =
            fmt::format("{} of {} were done before that", done, items.size());
        const Expected<ApiAnswer> answer = api.send(request);
        if (!answer) {
            return propagate(answer, before);
        }
        if (!answer->success) {
            return propagate(Expected<>(kv_error(*answer, place, doing)), before);
        }
        if (auto left_out = keys_left_out(answer->result); !left_out.empty()) {
            auto error =
                fail(ErrorCode::api,
                     fmt::format("Cloudflare left out {} of {} keys", left_out.size(), count),
                     "run the command again");
            error.error().notes = std::move(left_out);
            return error;
        }
        done += count;
        on_done(done);
    }
    return {};
}

std::unexpected<Error> wrong(std::string_view file, std::string message) {
    return fail(ErrorCode::config, fmt::format("{}: {}", file, std::move(message)));
}

Expected<std::vector<nlohmann::json>> parse_array(std::string_view file, std::string_view text) {
    nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
    if (!document.is_array()) {
        return wrong(file, "this is no JSON array");
    }
    if (document.size() > kMaxPairs) {
        return wrong(file, fmt::format("{} entries are more than {}", document.size(), kMaxPairs));
    }
    return document.get<std::vector<nlohmann::json>>();
}

// What is wrong with an entry; empty: nothing.
std::string problem_of_pair(const nlohmann::json& pair) {
    if (!pair.is_object()) {
        return "it is no object";
    }
    using Check = bool (*)(const nlohmann::json&);
    const auto is_text = [](const nlohmann::json& value) { return value.is_string(); };
    const auto is_number = [](const nlohmann::json& value) { return value.is_number_unsigned(); };
    const auto is_boolean = [](const nlohmann::json& value) { return value.is_boolean(); };
    const auto is_any = [](const nlohmann::json&) { return true; };
    const std::tuple<std::string_view, Check, bool> fields[] = {
        {"key", is_text, true},           {"value", is_text, true},
        {"expiration", is_number, false}, {"expiration_ttl", is_number, false},
        {"metadata", is_any, false},      {"base64", is_boolean, false},
    };
    for (const auto& [name, check, required] : fields) {
        const auto found = pair.find(name);
        if (found == pair.end() ? required : !check(*found)) {
            return fmt::format("its \"{}\" is {}", name,
                               found == pair.end() ? "missing" : "of the wrong type");
        }
    }
    for (const auto& [name, value] : pair.items()) {
        const bool known = std::ranges::any_of(
            fields, [&](const auto& field) { return std::get<0>(field) == name; });
        if (!known) {
            return fmt::format("there is no field \"{}\"", printable(name));
        }
    }
    const Expected<> key = check_kv_key(pair["key"].get<std::string>());
    return key ? "" : key.error().message;
}

} // namespace

Expected<> check_kv_key(std::string_view key) {
    if (key.empty() || key.size() > kMaxKvKeyBytes) {
        return fail(ErrorCode::usage, fmt::format("a key has 1 to {} bytes, this one {}",
                                                  kMaxKvKeyBytes, key.size()));
    }
    if (!is_valid_utf8(key)) {
        return fail(ErrorCode::usage, "the key is not UTF-8");
    }
    if (key == "." || key == "..") {
        return fail(ErrorCode::usage, fmt::format("KV has no keys called \"{}\"", key));
    }
    return {};
}

Expected<std::vector<KvNamespace>> list_kv_namespaces(CloudflareApi& api,
                                                      const std::string& account) {
    const auto items =
        api.list(namespaces_path(account) + "?per_page=100&order=title&direction=asc",
                 "list the KV namespaces");
    if (!items) {
        return propagate(items);
    }
    std::vector<KvNamespace> namespaces;
    std::ranges::transform(*items, std::back_inserter(namespaces), to_namespace);
    return namespaces;
}

Expected<KvNamespace> create_kv_namespace(CloudflareApi& api, const std::string& account,
                                          const std::string& title) {
    const FindEffect find = [&]() -> Expected<std::optional<nlohmann::json>> {
        const Expected<std::vector<KvNamespace>> all = list_kv_namespaces(api, account);
        if (!all) {
            return propagate(all);
        }
        const auto found = std::ranges::find(*all, printable(title), &KvNamespace::title);
        return found != all->end()
                   ? std::optional(nlohmann::json{{"id", found->id}, {"title", found->title}})
                   : std::nullopt;
    };
    const Expected<ApiAnswer> answer = send_once(api,
                                                 {.method = "POST",
                                                  .path = namespaces_path(account),
                                                  .json = nlohmann::json{{"title", title}}},
                                                 find);
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kTitleTaken)) {
        return fail(ErrorCode::api,
                    fmt::format("there is a KV namespace {} already", printable(title)),
                    "`pymode kv namespace list` shows its id");
    }
    if (!answer->success) {
        return std::unexpected(api_error(*answer, "create the KV namespace"));
    }
    return to_namespace(answer->result);
}

Expected<> delete_kv_namespace(CloudflareApi& api, const KvPlace& place) {
    const Expected<ApiAnswer> answer = api.send({.method = "DELETE", .path = path_of(place)});
    if (!answer) {
        return propagate(answer);
    }
    const bool gone = answer->status == 404 && answer->attempts > 1; // by the attempt before
    return answer->success || gone ? Expected<>()
                                   : kv_error(*answer, place, "delete the KV namespace");
}

Expected<std::vector<KvKey>> list_kv_keys(CloudflareApi& api, const KvPlace& place,
                                          const std::string& prefix, std::size_t most) {
    const std::size_t page = std::clamp(most, kMinKeysOfPage, kKeysOfPage);
    const auto items = api.list(
        fmt::format("{}/keys?limit={}&prefix={}", path_of(place), page, percent_encoded(prefix)),
        "list the keys", "", most);
    if (!items) {
        return propagate(items);
    }
    std::vector<KvKey> keys;
    for (const nlohmann::json& item : *items) {
        const nlohmann::json& name = member_of(item, "name");
        if (!name.is_string()) {
            continue;
        }
        const nlohmann::json& expiration = member_of(item, "expiration");
        const bool expires = expiration.is_number_unsigned();
        keys.push_back({name.get<std::string>(),
                        expires ? std::optional(expiration.get<std::uint64_t>()) : std::nullopt,
                        member_of(item, "metadata")});
    }
    return keys;
}

Expected<Bytes> get_kv_value(CloudflareApi& api, const KvPlace& place, const std::string& key) {
    Expected<HttpResponse> response = api.send_raw({.path = value_path(place, key),
                                                    .accept_compressed = false,
                                                    .max_answer_bytes = kMaxKvValueBytes});
    if (!response) {
        return propagate(response);
    }
    if (response->ok()) {
        return std::move(response->body);
    }
    const Expected<ApiAnswer> answer = parse_api_answer(*response);
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoKey)) {
        return fail(ErrorCode::not_found, fmt::format("there is no value for {}", printable(key)),
                    "`pymode kv key list` shows the keys");
    }
    return kv_error(*answer, place, "read the value");
}

Expected<> put_kv_value(CloudflareApi& api, const KvPlace& place, const std::string& key,
                        Bytes value, const KvPutOptions& options) {
    std::string query;
    if (options.expiration) {
        query += fmt::format("?expiration={}", *options.expiration);
    }
    if (options.expiration_ttl) {
        query +=
            fmt::format("{}expiration_ttl={}", query.empty() ? "?" : "&", *options.expiration_ttl);
    }
    ApiRequest request{.method = "PUT",
                       .path = value_path(place, key) + query,
                       .content_type = "application/octet-stream"};
    if (options.metadata) {
        // With a file name, as wrangler sends bytes: a field without one is text to many servers.
        request.multipart.push_back(owning_part("value", "blob", "", std::move(value)));
        request.multipart.push_back(
            owning_part("metadata", "", "", to_bytes(options.metadata->dump())));
    } else {
        request.body = std::move(value);
    }
    return change(api, place, request, "write the value");
}

Expected<> delete_kv_value(CloudflareApi& api, const KvPlace& place, const std::string& key) {
    return change(api, place, {.method = "DELETE", .path = value_path(place, key)},
                  "delete the value");
}

Expected<std::vector<nlohmann::json>> parse_kv_pairs(std::string_view file, std::string_view text) {
    Expected<std::vector<nlohmann::json>> pairs = parse_array(file, text);
    if (!pairs) {
        return pairs;
    }
    for (std::size_t i = 0; i < pairs->size(); ++i) {
        if (const std::string problem = problem_of_pair((*pairs)[i]); !problem.empty()) {
            return wrong(file, fmt::format("entry {}: {}", i + 1, problem));
        }
    }
    return pairs;
}

Expected<std::vector<nlohmann::json>> parse_kv_keys(std::string_view file, std::string_view text) {
    Expected<std::vector<nlohmann::json>> keys = parse_array(file, text);
    if (!keys) {
        return keys;
    }
    for (std::size_t i = 0; i < keys->size(); ++i) {
        nlohmann::json& key = (*keys)[i];
        for (const char* field : {"name", "key"}) {
            if (key.is_object() && key.contains(field)) {
                key = nlohmann::json(key[field]);
            }
        }
        if (!key.is_string() || !check_kv_key(key.get<std::string>())) {
            return wrong(file, fmt::format("entry {} is no key", i + 1));
        }
    }
    return keys;
}

Expected<> put_kv_bulk(CloudflareApi& api, const KvPlace& place,
                       const std::vector<nlohmann::json>& pairs, const KvProgress& on_done) {
    return send_in_parts(api, place, {.method = "PUT", .path = {}}, pairs, "write the values",
                         on_done);
}

Expected<> delete_kv_bulk(CloudflareApi& api, const KvPlace& place,
                          const std::vector<nlohmann::json>& keys, const KvProgress& on_done) {
    return send_in_parts(api, place, {.method = "DELETE", .path = {}}, keys, "delete the values",
                         on_done);
}

} // namespace pymode

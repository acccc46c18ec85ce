// SPDX-License-Identifier: MIT
#include "core/cloudflare/d1.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/json_member.hpp"
#include "core/cloudflare/send_once.hpp"
#include "core/cloudflare/versions.hpp"

namespace pymode {
namespace {

constexpr int kNameTaken = 7502;
constexpr int kTooMany = 7406;
constexpr int kNoDatabase = 7404;
constexpr int kSqlError = 7500;
constexpr std::uint64_t kMaxResultBytes = 64 << 20;

std::string databases_path(const std::string& account) {
    return fmt::format("/accounts/{}/d1/database", account);
}

std::string path_of(const D1Place& place) {
    return fmt::format("{}/{}", databases_path(place.account), percent_encoded(place.id));
}

D1Database to_database(const nlohmann::json& item) {
    const nlohmann::json& size = member_of(item, "file_size");
    return {text_of(item, "uuid"), text_of(item, "name"), text_of(item, "created_at"),
            size.is_number_unsigned() ? size.get<std::uint64_t>() : 0};
}

std::unexpected<Error> no_database(const std::string& name) {
    return fail(ErrorCode::not_found,
                fmt::format("the account has no D1 database {}", printable(name)),
                "`pymode d1 list` shows those there are");
}

Expected<std::vector<D1Database>> list_at(CloudflareApi& api, const std::string& path) {
    const auto items = api.list(path, "list the D1 databases");
    if (!items) {
        return propagate(items);
    }
    std::vector<D1Database> databases;
    std::ranges::transform(*items, std::back_inserter(databases), to_database);
    return databases;
}

// nothing when there is none of exactly that name
Expected<std::optional<D1Database>> find_by_name(CloudflareApi& api, const std::string& account,
                                                 const std::string& name) {
    const auto found =
        list_at(api, fmt::format("{}?name={}", databases_path(account), percent_encoded(name)));
    if (!found) {
        return propagate(found);
    }
    const auto same = std::ranges::find(*found, printable(name), &D1Database::name);
    return same != found->end() ? std::optional(*same) : std::nullopt;
}

D1Result to_result(const nlohmann::json& item) {
    D1Result result;
    const nlohmann::json& results = member_of(item, "results");
    for (const nlohmann::json& column : items_of(member_of(results, "columns"))) {
        result.columns.push_back(column.is_string() ? column.get<std::string>() : column.dump());
    }
    for (const nlohmann::json& row : items_of(member_of(results, "rows"))) {
        result.rows.push_back(row.is_array() ? row.get<std::vector<nlohmann::json>>()
                                             : std::vector<nlohmann::json>{row});
        result.rows.back().resize(result.columns.size());
    }
    const nlohmann::json& meta = member_of(item, "meta");
    result.meta = meta.is_object() ? meta : nlohmann::json::object();
    return result;
}

std::unexpected<Error> sql_error(const ApiAnswer& answer, const D1Place& place) {
    if (answer.has_problem(kNoDatabase)) {
        return no_database(place.id);
    }
    Error error = api_error(answer, "execute the SQL");
    if (answer.has_problem(kSqlError)) {
        error.message = "the SQL is wrong";
        error.hint = "nothing of it has taken effect: statements of one call are one transaction";
    }
    return std::unexpected(std::move(error));
}

} // namespace

Expected<std::vector<D1Database>> list_d1_databases(CloudflareApi& api,
                                                    const std::string& account) {
    return list_at(api, databases_path(account) + "?per_page=100");
}

Expected<D1Database> find_d1_database(CloudflareApi& api, const std::string& account,
                                      const std::string& name_or_id) {
    if (!is_version_id(name_or_id)) { // the shape of a UUID
        Expected<std::optional<D1Database>> found = find_by_name(api, account, name_or_id);
        if (!found) {
            return propagate(found);
        }
        return *found ? Expected<D1Database>(std::move(**found)) : no_database(name_or_id);
    }
    const Expected<ApiAnswer> answer = api.send({.path = path_of({account, name_or_id})});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoDatabase)) {
        return no_database(name_or_id);
    }
    return answer->success ? Expected<D1Database>(to_database(answer->result))
                           : std::unexpected(api_error(*answer, "look the database up"));
}

Expected<D1Database> create_d1_database(CloudflareApi& api, const std::string& account,
                                        const std::string& name, const std::string& location) {
    const FindEffect find = [&]() -> Expected<std::optional<nlohmann::json>> {
        const Expected<std::optional<D1Database>> found = find_by_name(api, account, name);
        if (!found) {
            return propagate(found);
        }
        return *found ? std::optional(nlohmann::json{{"uuid", (*found)->id},
                                                     {"name", (*found)->name},
                                                     {"created_at", (*found)->created_on}})
                      : std::nullopt;
    };
    nlohmann::json body{{"name", name}};
    if (!location.empty()) {
        body["primary_location_hint"] = location;
    }
    const Expected<ApiAnswer> answer = send_once(
        api, {.method = "POST", .path = databases_path(account), .json = std::move(body)}, find);
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNameTaken)) {
        return fail(ErrorCode::api,
                    fmt::format("there is a D1 database {} already", printable(name)),
                    "`pymode d1 list` shows its id");
    }
    if (answer->success) {
        return to_database(answer->result);
    }
    Error error = api_error(*answer, "create the D1 database");
    if (answer->has_problem(kTooMany)) {
        error.hint = "the account has as many databases as it may; delete one with `pymode d1 "
                     "delete`";
    }
    return std::unexpected(std::move(error));
}

Expected<> delete_d1_database(CloudflareApi& api, const D1Place& place) {
    const Expected<ApiAnswer> answer = api.send({.method = "DELETE", .path = path_of(place)});
    if (!answer) {
        return propagate(answer);
    }
    if (answer->has_problem(kNoDatabase)) {
        return answer->attempts > 1 ? Expected<>() : no_database(place.id);
    }
    return answer->success ? Expected<>()
                           : std::unexpected(api_error(*answer, "delete the D1 database"));
}

Expected<std::vector<D1Result>> execute_sql(CloudflareApi& api, const D1Place& place,
                                            const std::string& sql) {
    // /raw rather than /query: rows as arrays keep the columns' order, and columns of one name.
    const Expected<ApiAnswer> answer = api.send({.method = "POST",
                                                 .path = path_of(place) + "/raw",
                                                 .json = nlohmann::json{{"sql", sql}},
                                                 .max_answer_bytes = kMaxResultBytes});
    if (!answer) {
        return propagate(answer, "whether the SQL has taken effect is not known");
    }
    if (!answer->success) {
        return sql_error(*answer, place);
    }
    std::vector<D1Result> results;
    if (answer->result.is_array()) {
        std::ranges::transform(answer->result, std::back_inserter(results), to_result);
    }
    return results;
}

} // namespace pymode

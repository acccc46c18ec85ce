// SPDX-License-Identifier: MIT
// D1: databases of an account, and SQL on them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {

struct D1Database {
    std::string id; // a UUID
    std::string name;
    std::string created_on;
    std::uint64_t bytes = 0;
};

struct D1Place {
    std::string account;
    std::string id;
};

// The result of one statement.
struct D1Result {
    std::vector<std::string> columns; // as they are: not safe for a terminal
    std::vector<std::vector<nlohmann::json>> rows;
    nlohmann::json meta; // an object: "changes", "duration", "rows_read", …
};

Expected<std::vector<D1Database>> list_d1_databases(CloudflareApi& api, const std::string& account);

// By name or id; one that is not there is ErrorCode::not_found.
Expected<D1Database> find_d1_database(CloudflareApi& api, const std::string& account,
                                      const std::string& name_or_id);

// One of that name that is there already is an Error. `location` may be empty ("weur", "enam", …).
Expected<D1Database> create_d1_database(CloudflareApi& api, const std::string& account,
                                        const std::string& name, const std::string& location);

// With all that is in it.
Expected<> delete_d1_database(CloudflareApi& api, const D1Place& place);

// One or several statements, as one transaction; UTF-8. It is sent once: when its answer is lost,
// the Error says that it may have taken effect.
Expected<std::vector<D1Result>> execute_sql(CloudflareApi& api, const D1Place& place,
                                            const std::string& sql);

} // namespace pymode

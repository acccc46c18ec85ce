// SPDX-License-Identifier: MIT
// Migrations of a D1 database: files that are executed once each, in order. The table that
// remembers them is the one that wrangler keeps, so that both can be used on one database.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/d1.hpp"

namespace pymode {

inline constexpr std::string_view kMigrationsTable = "d1_migrations";
inline constexpr std::uint64_t kMaxSqlBytes = 10 << 20;

// Names of the .sql files in `folder`, by the number that they begin with, then by name. No folder
// is ErrorCode::not_found.
Expected<std::vector<std::string>> list_migration_files(const std::filesystem::path& folder);

// True when the last statement of the SQL has no semicolon behind it.
bool ends_open(std::string_view sql);

// Makes the table when there is none, and reads which files were applied.
Expected<std::vector<std::string>> applied_migrations(CloudflareApi& api, const D1Place& place,
                                                      const std::string& table);

struct MigrationRun {
    std::filesystem::path folder;
    std::vector<std::string> names; // in the order in which they are applied
    std::string table{kMigrationsTable};
    std::function<void(const std::string& name)> on_applied;
};

// Applies each of them with one call, together with its entry in the table: a file that fails has
// no effect, and ends it. A call whose answer is lost is looked up in the table.
Expected<> apply_migrations(CloudflareApi& api, const D1Place& place, const MigrationRun& run);

} // namespace pymode

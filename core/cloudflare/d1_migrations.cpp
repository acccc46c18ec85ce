// SPDX-License-Identifier: MIT
#include "core/cloudflare/d1_migrations.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::size_t kMaxFiles = 10'000;

// As SQL quotes them.
std::string quoted(std::string_view text, std::string_view quote) {
    return fmt::format("{}{}{}", quote,
                       replace_all(text, quote, std::string(quote) + std::string(quote)), quote);
}

// "0001_users.sql" is 1; a name without a number comes last.
std::uint64_t number_of(const std::string& name) {
    const std::string_view digits =
        std::string_view(name).substr(0, name.find_first_not_of("0123456789"));
    return parse_unsigned(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

// Behind a comment or quoted text that begins at `at`; `at` when there is none.
std::size_t skip_quoted(std::string_view sql, std::size_t at) {
    struct Pair {
        std::string_view open;
        std::string_view close;
    };
    constexpr Pair kPairs[] = {{"--", "\n"}, {"/*", "*/"}, {"'", "'"},
                               {"\"", "\""}, {"`", "`"},   {"[", "]"}};
    for (const Pair& pair : kPairs) {
        if (sql.substr(at).starts_with(pair.open)) {
            // A doubled quote ends one text and begins the next, which comes to the same.
            const std::size_t end = sql.find(pair.close, at + pair.open.size());
            return end == std::string_view::npos ? sql.size() : end + pair.close.size();
        }
    }
    return at;
}

Expected<bool> is_applied(CloudflareApi& api, const D1Place& place, const std::string& table,
                          const std::string& name) {
    const Expected<std::vector<std::string>> applied = applied_migrations(api, place, table);
    if (!applied) {
        return propagate(applied);
    }
    return std::ranges::find(*applied, name) != applied->end();
}

Expected<> apply_one(CloudflareApi& api, const D1Place& place, const MigrationRun& run,
                     const std::string& name) {
    const Expected<std::string> sql = read_text_file(run.folder / name, kMaxSqlBytes);
    if (!sql) {
        return propagate(sql);
    }
    if (!is_valid_utf8(*sql)) {
        return fail(ErrorCode::config, fmt::format("{} is not UTF-8", name));
    }
    const std::string whole =
        fmt::format("{}\n{}INSERT INTO {} (name) VALUES ({});", *sql, ends_open(*sql) ? ";" : "",
                    quoted(run.table, "\""), quoted(name, "'"));
    const Expected<std::vector<D1Result>> done = execute_sql(api, place, whole);
    if (done) {
        return {};
    }
    if (done.error().code != ErrorCode::cancelled) {
        const Expected<bool> applied = is_applied(api, place, run.table, name);
        if (applied && *applied) {
            return {};
        }
    }
    return propagate(done);
}

} // namespace

Expected<std::vector<std::string>> list_migration_files(const fs::path& folder) {
    std::error_code problem;
    if (!fs::is_directory(folder, problem)) {
        return fail(ErrorCode::not_found, fmt::format("there is no folder {}", folder.string()),
                    "migrations are files like migrations/0001_users.sql");
    }
    const Expected<std::vector<TreeEntry>> entries =
        list_tree(folder, {.max_entries = kMaxFiles, .keep = [](const TreeEntry& entry) {
                               return !entry.path.contains('/') &&
                                      entry.kind != FileKind::directory &&
                                      entry.path.ends_with(".sql");
                           }});
    if (!entries) {
        return propagate(entries);
    }
    std::vector<std::string> names;
    std::ranges::transform(*entries, std::back_inserter(names), &TreeEntry::path);
    std::ranges::stable_sort(
        names, {}, [](const std::string& name) { return std::pair(number_of(name), name); });
    return names;
}

bool ends_open(std::string_view sql) {
    bool open = false;
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t behind = skip_quoted(sql, at);
        if (behind == at) {
            const char c = sql[at++];
            open = c == ';' ? false : open || !std::string_view(" \t\r\n\f").contains(c);
        } else {
            const bool comment =
                sql.substr(at).starts_with("--") || sql.substr(at).starts_with("/*");
            open = open || !comment;
            at = behind;
        }
    }
    return open;
}

Expected<std::vector<std::string>> applied_migrations(CloudflareApi& api, const D1Place& place,
                                                      const std::string& table) {
    const std::string name = quoted(table, "\"");
    // The columns are those of wrangler's table.
    const std::string sql = fmt::format(
        "CREATE TABLE IF NOT EXISTS {0}(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);\n"
        "SELECT name FROM {0} ORDER BY id;",
        name);
    const Expected<std::vector<D1Result>> results = execute_sql(api, place, sql);
    if (!results) {
        return propagate(results, "to read which migrations were applied");
    }
    std::vector<std::string> names;
    if (!results->empty()) {
        for (const auto& row : results->back().rows) {
            if (!row.empty() && row[0].is_string()) {
                names.push_back(row[0].get<std::string>());
            }
        }
    }
    return names;
}

Expected<> apply_migrations(CloudflareApi& api, const D1Place& place, const MigrationRun& run) {
    for (const std::string& name : run.names) {
        Expected<> applied = apply_one(api, place, run, name);
        if (!applied) {
            Error error = std::move(applied.error());
            error.notes.insert(error.notes.begin(), fmt::format("in {}", printable(name)));
            return std::unexpected(std::move(error));
        }
        run.on_applied(name);
    }
    return {};
}

} // namespace pymode

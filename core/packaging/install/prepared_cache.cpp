// SPDX-License-Identifier: MIT
#include "core/packaging/install/prepared_cache.hpp"

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/cache_folder.hpp"

namespace pymode {

PreparedCache::PreparedCache(const std::filesystem::path& root, Log log)
    : m_folder(root.empty() ? root : root / prepared_bucket), m_log(std::move(log)) {}

std::string PreparedCache::key(const InstallItem& item, const InstallOptions& options) {
    const auto hash = item.wheel.hashes.find("sha256");
    if (hash == item.wheel.hashes.end()) {
        return "";
    }
    // The name of the file decides as well: it has the tags.
    const std::string recipe = fmt::format("{}\n{}\n{}\n", to_lower_ascii(hash->second),
                                           item.wheel.filename, options.trim);
    return sha256_hex(as_bytes(recipe)).substr(0, 40);
}

std::optional<PreparedState> PreparedCache::load(const std::string& key) const {
    if (m_folder.empty() || key.empty()) {
        return std::nullopt;
    }
    const auto text = read_cache_entry(m_folder / key);
    auto state = text ? parse_prepared_state(*text) : std::unexpected(Error{});
    if (!state) {
        return std::nullopt;
    }
    mark_used(m_folder / key, SystemClock());
    return std::move(*state);
}

void PreparedCache::store(const std::string& key, const PreparedState& state) const {
    if (m_folder.empty() || key.empty()) {
        return;
    }
    if (auto put = write_cache_entry(m_folder / key, write_prepared_state(state)); !put) {
        m_log.debug("cache: cannot be written: {}", put.error().message);
    }
}

} // namespace pymode

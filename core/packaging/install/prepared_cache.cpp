// SPDX-License-Identifier: MIT
#include "core/packaging/install/prepared_cache.hpp"

#include <atomic>
#include <chrono>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t max_prepared_bytes = std::uint64_t{1} << 31;
constexpr std::size_t digest_bytes = 64;
constexpr std::string_view temporary_mark = ".tmp-";
constexpr auto stale_after = std::chrono::hours(1); // no run writes one file for so long

} // namespace

PreparedCache::PreparedCache(const fs::path& folder)
    : m_folder(folder.empty() ? folder : folder / fmt::format("prepared-v{}", prepared_format)) {}

std::string PreparedCache::key(const InstallItem& item, const InstallOptions& options) {
    const auto hash = item.wheel.hashes.find("sha256");
    if (hash == item.wheel.hashes.end()) {
        return "";
    }
    // The name of the file decides as well: it has the tags.
    const std::string recipe = fmt::format("{}\n{}\n{}\n{}\n", to_lower_ascii(hash->second),
                                           item.wheel.filename, options.trim, options.compiler);
    return sha256_hex(as_bytes(recipe)).substr(0, 40);
}

std::optional<PreparedWheel> PreparedCache::load(const std::string& key) const {
    if (m_folder.empty() || key.empty()) {
        return std::nullopt;
    }
    auto bytes = read_file(m_folder / key, max_prepared_bytes);
    if (!bytes || bytes->size() < digest_bytes) {
        return std::nullopt;
    }
    // The hash stands at the end, so that the archive begins where the file does.
    const ByteView content = ByteView(*bytes).first(bytes->size() - digest_bytes);
    if (sha256_hex(content) != as_text(ByteView(*bytes).last(digest_bytes))) {
        return std::nullopt;
    }
    bytes->resize(content.size());
    auto wheel = open_prepared(std::move(*bytes));
    return wheel ? std::optional(std::move(*wheel)) : std::nullopt;
}

void PreparedCache::store(const std::string& key, const PreparedWheel& wheel) const {
    if (m_folder.empty() || key.empty() || !make_directories(m_folder)) {
        return;
    }
    static std::atomic<unsigned> counter = 0;
    const fs::path temporary =
        m_folder / fmt::format("{}{}{}-{}", key, temporary_mark, getpid(), counter++);
    // Without fsync, unlike AtomicFile: the hash tells a file that a power cut left half-written,
    // and thirty fsyncs would cost more than the installation.
    std::ofstream file(temporary, std::ios::binary);
    const std::string_view archive = as_text(wheel.archive);
    file << archive << sha256_hex(wheel.archive);
    file.close();
    std::error_code error;
    if (file.good()) {
        fs::rename(temporary, m_folder / key, error);
    }
    if (!file.good() || error) {
        fs::remove(temporary, error);
    }
}

void PreparedCache::clean() const {
    if (m_folder.empty()) {
        return;
    }
    std::error_code error;
    const auto now = fs::file_time_type::clock::now();
    for (const auto& entry : fs::directory_iterator(m_folder, error)) {
        if (!entry.path().filename().string().contains(temporary_mark)) {
            continue;
        }
        const auto written = entry.last_write_time(error);
        if (!error && now - written > stale_after) {
            fs::remove(entry.path(), error);
        }
    }
}

} // namespace pymode

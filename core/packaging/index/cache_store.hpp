// SPDX-License-Identifier: MIT
// Reading and writing the cache. Names of files are digests or normalised names of projects, never
// what an index says. A reader needs no lock: files appear whole, and each is checked when it is
// read. What does not pass counts as not there, and is written anew.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/base/lock.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/packaging/index/freshness.hpp"
#include "core/packaging/index/simple_page.hpp"

namespace pymode {

// The name of a bucket carries the version of what is in it.
inline constexpr std::string_view page_bucket = "simple-v1";
inline constexpr std::string_view metadata_bucket = "metadata-v1";
inline constexpr std::string_view wheel_bucket = "wheels-v1";
inline constexpr std::string_view cache_lock_name = ".lock";

struct CachedPage {
    SimplePage page;
    Freshness freshness;
};

struct CachedText {
    std::string text;
    Freshness freshness; // a lifetime of 0: for ever
};

class CacheStore {
  public:
    // Makes the folder if needed and holds its lock, shared, as long as it lives.
    [[nodiscard]] static Expected<CacheStore> open(const std::filesystem::path& root,
                                                   const CancelToken& cancel);

    // `index` has no credentials. Origin and index of the files are the caller's.
    [[nodiscard]] std::optional<CachedPage> page(std::string_view index, std::string_view project,
                                                 Origin origin) const;
    [[nodiscard]] Expected<> put_page(std::string_view index, std::string_view project,
                                      const CachedPage& page) const;

    // Keyed by the wheel's hash, or by its URL where there is none. Marks it as used.
    [[nodiscard]] std::optional<CachedText> metadata(const DistFile& wheel,
                                                     const Clock& clock) const;
    [[nodiscard]] Expected<> put_metadata(const DistFile& wheel, const CachedText& text) const;

    // Where a wheel with these hashes lies or would lie; nothing when none of them is known.
    [[nodiscard]] std::optional<std::filesystem::path> wheel_path(const pep::Hashes& hashes) const;

    // A wheel without a hash in the index: what its content was when it was fetched.
    [[nodiscard]] std::optional<pep::Hashes> wheel_of_url(std::string_view url,
                                                          Freshness& freshness) const;
    [[nodiscard]] Expected<> put_wheel_of_url(std::string_view url, const std::string& sha256,
                                              const Freshness& freshness) const;

    // The wheel, if it is there and has the size and all the hashes that are known of it. Marks
    // it as used.
    [[nodiscard]] std::optional<std::filesystem::path>
    wheel(const pep::Hashes& hashes, std::optional<std::uint64_t> size, const Clock& clock) const;

    // Where wheels are written before their hash is known.
    [[nodiscard]] std::filesystem::path wheel_folder() const { return m_root / wheel_bucket; }

  private:
    CacheStore(std::filesystem::path root, FileLock lock)
        : m_root(std::move(root)), m_lock(std::move(lock)) {}
    [[nodiscard]] std::filesystem::path page_path(std::string_view index,
                                                  std::string_view project) const;
    [[nodiscard]] std::filesystem::path metadata_path(const DistFile& wheel) const;

    std::filesystem::path m_root;
    FileLock m_lock;
};

// A file of the cache: its content behind a checksum. Nothing: not there, or damaged.
[[nodiscard]] std::optional<std::string> read_cache_entry(const std::filesystem::path& path);
[[nodiscard]] Expected<> write_cache_entry(const std::filesystem::path& path,
                                           std::string_view content);

} // namespace pymode

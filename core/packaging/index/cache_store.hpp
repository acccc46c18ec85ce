// SPDX-License-Identifier: MIT
// What came from indexes, in the cache. Names of files are digests or normalised names of projects,
// never what an index says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/base/lock.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/packaging/index/freshness.hpp"
#include "core/packaging/index/simple_page.hpp"

namespace pymode {

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

} // namespace pymode

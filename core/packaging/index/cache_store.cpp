// SPDX-License-Identifier: MIT
#include "core/packaging/index/cache_store.hpp"

#include <array>

#include <fmt/format.h>

#include "core/base/clock.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/packaging/index/page_codec.hpp"
#include "core/pep/metadata.hpp"

namespace pymode {

namespace {

constexpr std::size_t digest_size = 64; // of a SHA-256 in hexadecimal digits

// Best first.
constexpr std::array<std::string_view, 3> algorithms{"sha256", "sha384", "sha512"};

std::string url_digest(std::string_view url) {
    return sha256_hex(as_bytes(url)).substr(0, 40);
}

fs::path by_digest(const fs::path& folder, std::string_view digest) {
    return folder / digest.substr(0, 2) / digest.substr(2);
}

bool has_hashes(const fs::path& path, const pep::Hashes& hashes) {
    for (const auto& [name, expected] : hashes) {
        const auto algorithm = hash_algorithm(name);
        if (algorithm) {
            const auto computed = hash_file(path, *algorithm);
            if (!computed || *computed != expected) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

Expected<CacheStore> CacheStore::open(const fs::path& root, const CancelToken& cancel) {
    auto lock = open_cache_folder(root, cancel);
    if (!lock) {
        return propagate(lock);
    }
    if (auto made = make_directories(root / wheel_bucket); !made) {
        return propagate(made);
    }
    return CacheStore(root, std::move(*lock));
}

fs::path CacheStore::page_path(std::string_view index, std::string_view project) const {
    return m_root / page_bucket / url_digest(index) /
           (project.empty() ? std::string_view("-") : project);
}

std::optional<CachedPage> CacheStore::page(std::string_view index, std::string_view project,
                                           Origin origin) const {
    const auto content = read_cache_entry(page_path(index, project));
    return content ? decode_page(*content, origin, origin == Origin::index ? index : "")
                   : std::nullopt;
}

Expected<> CacheStore::put_page(std::string_view index, std::string_view project,
                                const CachedPage& page) const {
    return write_cache_entry(page_path(index, project), encode_page(page));
}

fs::path CacheStore::metadata_path(const DistFile& wheel) const {
    for (const std::string_view algorithm : algorithms) {
        if (const auto found = wheel.hashes.find(std::string(algorithm));
            found != wheel.hashes.end()) {
            return by_digest(m_root / metadata_bucket / algorithm, found->second);
        }
    }
    return by_digest(m_root / metadata_bucket / "url", url_digest(wheel.url));
}

std::optional<CachedText> CacheStore::metadata(const DistFile& wheel, const Clock& clock) const {
    const fs::path path = metadata_path(wheel);
    const auto content = read_cache_entry(path);
    if (!content) {
        return std::nullopt;
    }
    mark_used(path, clock);
    return decode_text(*content);
}

Expected<> CacheStore::put_metadata(const DistFile& wheel, const CachedText& text) const {
    return write_cache_entry(metadata_path(wheel), encode_text(text));
}

std::optional<fs::path> CacheStore::wheel_path(const pep::Hashes& hashes) const {
    for (const std::string_view algorithm : algorithms) {
        if (const auto found = hashes.find(std::string(algorithm)); found != hashes.end()) {
            return by_digest(m_root / wheel_bucket / algorithm, found->second);
        }
    }
    return std::nullopt;
}

std::optional<pep::Hashes> CacheStore::wheel_of_url(std::string_view url,
                                                    Freshness& freshness) const {
    const auto content =
        read_cache_entry(by_digest(m_root / wheel_bucket / "url", url_digest(url)));
    auto text = content ? decode_text(*content) : std::nullopt;
    if (!text || text->text.size() != digest_size) {
        return std::nullopt;
    }
    freshness = std::move(text->freshness);
    return pep::Hashes{{"sha256", std::move(text->text)}};
}

Expected<> CacheStore::put_wheel_of_url(std::string_view url, const std::string& sha256,
                                        const Freshness& freshness) const {
    return write_cache_entry(by_digest(m_root / wheel_bucket / "url", url_digest(url)),
                             encode_text({sha256, freshness}));
}

std::optional<fs::path> CacheStore::wheel(const pep::Hashes& hashes,
                                          std::optional<std::uint64_t> size,
                                          const Clock& clock) const {
    const auto path = wheel_path(hashes);
    if (!path) {
        return std::nullopt;
    }
    std::error_code error;
    const auto found = fs::file_size(*path, error);
    if (error) {
        return std::nullopt;
    }
    if ((size && *size != found) || !has_hashes(*path, hashes)) {
        return std::nullopt; // it is fetched anew, and replaced
    }
    mark_used(*path, clock);
    return path;
}

} // namespace pymode

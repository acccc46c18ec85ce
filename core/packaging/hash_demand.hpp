// SPDX-License-Identifier: MIT
// Hashes that the user demands (--hash of a requirements file): other files do not exist then.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/packaging/package_source.hpp"

namespace pymode {

// Package (normalised) → "sha256:HEX", …: any of them will do.
using HashDemands = std::map<std::string, std::vector<std::string>, std::less<>>;

// A source that shows only files with a demanded hash. With `all`, packages without a demand have
// no files at all, and the page's notes say why. Files whose hash the index does not tell are shown
// and checked when they are fetched.
class HashedSource final : public PackageSource {
  public:
    // `source` must outlive it.
    HashedSource(PackageSource& source, HashDemands demands, bool all);

    void prefetch_page(std::string_view name) override;
    void prefetch_metadata(const DistFile& wheel) override;
    [[nodiscard]] Expected<std::shared_ptr<const PackagePage>> page(std::string_view name) override;
    [[nodiscard]] Expected<std::shared_ptr<const pep::CoreMetadata>>
    metadata(const DistFile& wheel) override;
    [[nodiscard]] Expected<std::vector<std::filesystem::path>>
    fetch(std::span<const DistFile> wheels,
          const std::function<void(const FetchProgress&)>& on_progress) override;

  private:
    PackageSource& m_source;
    HashDemands m_demands;
    bool m_all;
    std::map<std::string, std::shared_ptr<const PackagePage>, std::less<>> m_pages;
};

} // namespace pymode

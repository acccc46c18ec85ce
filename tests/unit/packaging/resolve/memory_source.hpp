// SPDX-License-Identifier: MIT
// A PackageSource without network and disk.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/packaging/package_source.hpp"

namespace pymode::test {

class MemorySource final : public PackageSource {
  public:
    // A file as it would be published; `metadata` is what its METADATA holds.
    void add(const std::string& project, DistFile file, std::string metadata);
    // The same from few words: the metadata has name, version and `requires_dist`.
    void add_wheel(const std::string& project, const std::string& version,
                   const std::vector<std::string>& requires_dist = {},
                   const std::string& tag = "py3-none-any");
    void add_sdist(const std::string& project, const std::string& version);
    PackagePage& page_of(const std::string& project);

    void prefetch_page(std::string_view name) override;
    void prefetch_metadata(const DistFile& wheel) override;
    Expected<std::shared_ptr<const PackagePage>> page(std::string_view name) override;
    Expected<std::shared_ptr<const pep::CoreMetadata>> metadata(const DistFile& wheel) override;
    Expected<std::vector<std::filesystem::path>>
    fetch(std::span<const DistFile> wheels,
          const std::function<void(const FetchProgress&)>& on_progress) override;

    // What was asked, in order: "page a", "metadata a-1.0-py3-none-any.whl"; asking ahead begins
    // with "prefetch".
    std::vector<std::string> log;
    std::set<std::string> unreachable; // pages and file names that answer with a network error

  private:
    std::map<std::string, std::shared_ptr<PackagePage>, std::less<>> m_pages;
    std::map<std::string, std::string> m_metadata; // by file name
    std::map<std::string, std::shared_ptr<const pep::CoreMetadata>> m_parsed;
};

// METADATA of a wheel.
std::string metadata_text(const std::string& name, const std::string& version,
                          const std::vector<std::string>& requires_dist,
                          const std::vector<std::string>& provides_extra = {},
                          const std::string& requires_python = "");

} // namespace pymode::test

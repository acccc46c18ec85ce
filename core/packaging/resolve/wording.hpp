// SPDX-License-Identifier: MIT
// How packages, versions and obstacles are called in sentences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/packaging/resolve/explain.hpp"
#include "core/packaging/resolve/provider.hpp"

namespace pymode::resolving {

// "a, b and c".
[[nodiscard]] std::string enumerate(const std::vector<std::string>& parts);

// "Linux, macOS and Windows".
[[nodiscard]] std::string enumerate(const std::vector<pep::PlatformFamily>& families);

// What is the matter with versions that have the same obstacle, as a predicate: "has only wheels
// for Linux", "is yanked (broken)".
[[nodiscard]] std::string predicate(Obstacle obstacle, const std::string& detail,
                                    const std::vector<pep::PlatformFamily>& families, bool plural);

// "`a` 1.0", "`a` 1.0 to 1.4 and 2.0", "every version of `a`". `numbers` ascend.
[[nodiscard]] pubgrub::Phrase name_versions(const std::string& shown, const CandidateList& list,
                                            const std::vector<std::uint32_t>& numbers);

class Words final : public pubgrub::Language {
  public:
    // Both must outlive it.
    Words(const Graph& graph, const Policy& policy) : m_graph(graph), m_policy(policy) {}

    [[nodiscard]] pubgrub::Phrase versions(pubgrub::PackageId package,
                                           const pep::VersionSet& set) const override;
    [[nodiscard]] std::string requirement(pubgrub::PackageId package,
                                          const pep::VersionSet& set) const override;
    [[nodiscard]] std::string unavailable(pubgrub::PackageId package,
                                          const pep::VersionSet& set) const override;
    [[nodiscard]] std::string forbidden(pubgrub::PackageId package,
                                        const pep::VersionSet& set) const override;
    [[nodiscard]] bool is_obvious(pubgrub::PackageId package,
                                  pubgrub::PackageId dependency) const override;

  private:
    [[nodiscard]] std::string shown_name(pubgrub::PackageId package) const;

    const Graph& m_graph;
    const Policy& m_policy;
};

} // namespace pymode::resolving

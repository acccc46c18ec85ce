// SPDX-License-Identifier: MIT
// A small universe of packages for tests of the solver alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/packaging/resolve/explain.hpp"
#include "core/packaging/resolve/solver.hpp"

namespace pymode::pubgrub::test {

// Package → version → requirements ("b>=1,<2"). The root's requirements are `root`.
struct Universe {
    using Versions = std::map<std::string, std::vector<std::string>>;
    std::map<std::string, Versions> packages;
    std::vector<std::string> root;
};

using Selection = std::map<std::string, std::string>;

class MemoryProvider final : public Provider, public Language {
  public:
    explicit MemoryProvider(const Universe& universe);

    Traits traits(PackageId) const override { return {}; }
    std::optional<pep::VersionSet> forbidden(PackageId) const override { return std::nullopt; }
    void announce(PackageId, const pep::VersionSet&) override {}
    Expected<std::optional<Choice>> choose(PackageId package, const pep::VersionSet& versions,
                                           const Choice* base) override;
    Expected<Dependencies> dependencies(PackageId package, const Choice& choice) override;
    bool cancelled() const override { return cancel_now; }

    Phrase versions(PackageId package, const pep::VersionSet& set) const override;
    std::string requirement(PackageId package, const pep::VersionSet& set) const override;
    std::string unavailable(PackageId package, const pep::VersionSet& set) const override;
    std::string forbidden(PackageId package, const pep::VersionSet& set) const override;
    bool is_obvious(PackageId, PackageId) const override { return false; }

    Selection selection(const std::vector<Selected>& selected) const;

    bool cancel_now = false;
    int asked = 0; // calls of `dependencies` but the root's

  private:
    struct Entry {
        pep::Version version;
        std::vector<std::string> requires_dist;
    };
    struct Package {
        std::string name;
        std::vector<Entry> entries; // sorted
    };

    PackageId intern(const std::string& name);
    std::vector<Dependency> lower(const std::vector<std::string>& requirements);

    const Universe& m_universe;
    std::vector<Package> m_packages;
    std::map<std::string, PackageId> m_ids;
};

struct Answer {
    std::optional<Selection> selection;
    std::vector<std::string> sentences; // when there is none
    Statistics statistics;
    int asked = 0;
};

// Solves; a failed provider fails the test.
Answer solve(const Universe& universe);

} // namespace pymode::pubgrub::test

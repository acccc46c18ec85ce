// SPDX-License-Identifier: MIT
// The solver's view of the world: packages, their extras, and what they depend on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/packaging/resolve/catalog.hpp"
#include "core/packaging/resolve/solver.hpp"

namespace pymode::resolving {

// Which platform's wheels count.
enum class Wheels {
    usable, // those that the runtime loads
    any,    // any file at all: what an ordinary computer would choose
};

class Graph final : public pubgrub::Provider {
  public:
    using PackageId = pubgrub::PackageId;

    enum class Kind { root, project, extra, arbitrary };
    struct Node {
        Kind kind = Kind::project;
        std::string name;   // normalised
        std::string detail; // the extra, or the text of `===`
        PackageId base = 0;
        std::size_t tries = 0;
        std::size_t next_batch = 0;
    };

    // All must outlive it.
    Graph(Catalog& catalog, const Policy& policy, const CancelToken& cancel, Wheels wheels);

    [[nodiscard]] Traits traits(PackageId package) const override;
    [[nodiscard]] std::optional<pep::VersionSet> forbidden(PackageId package) const override;
    void announce(PackageId package, const pep::VersionSet& versions) override;
    [[nodiscard]] Expected<std::optional<pubgrub::Choice>>
    choose(PackageId package, const pep::VersionSet& versions,
           const pubgrub::Choice* base) override;
    [[nodiscard]] Expected<pubgrub::Dependencies>
    dependencies(PackageId package, const pubgrub::Choice& choice) override;
    [[nodiscard]] bool cancelled() const override { return m_cancel.cancelled(); }

    [[nodiscard]] const Node& node(PackageId package) const { return m_nodes[package]; }
    [[nodiscard]] std::size_t size() const { return m_nodes.size(); }
    // nullptr when its page was not read.
    [[nodiscard]] const CandidateList* list(PackageId package) const;
    // A version was passed over because there is no wheel of it for this runtime.
    [[nodiscard]] bool passed_over_missing_wheel() const { return m_missing_wheel; }

    // The requirements that count for the candidate when `extra` is asked for, or, with an empty
    // one, always. Overrides are in place.
    [[nodiscard]] std::vector<const pep::Requirement*> requirements(const Candidate& candidate,
                                                                    std::string_view extra) const;

  private:
    PackageId intern(Kind kind, const std::string& name, std::string_view detail);
    [[nodiscard]] bool is_selectable(const Candidate& candidate) const;
    [[nodiscard]] std::optional<std::uint32_t>
    pick(CandidateList& list, const pep::VersionSet& versions, const Node& node);
    [[nodiscard]] std::optional<std::uint32_t>
    first_that(const CandidateList& list, const std::string& name,
               const std::function<bool(std::uint32_t)>& fits) const;
    [[nodiscard]] bool is_lowest_first(const std::string& name) const;
    void prefetch_batch(CandidateList& list, const pep::VersionSet& versions, Node& node,
                        std::uint32_t chosen);
    void lower(const pep::Requirement& requirement, std::vector<pubgrub::Dependency>& into);
    [[nodiscard]] std::vector<pubgrub::Dependency> root_dependencies();
    [[nodiscard]] bool is_refused_url(const pep::Requirement& requirement) const;
    void append_overridden(const pep::Requirement& requirement,
                           std::vector<const pep::Requirement*>& into) const;

    Catalog& m_catalog;
    const Policy& m_policy;
    const CancelToken& m_cancel;
    Wheels m_wheels;
    std::vector<Node> m_nodes;
    std::unordered_map<std::string, PackageId> m_ids;
    bool m_missing_wheel = false;
};

} // namespace pymode::resolving

// SPDX-License-Identifier: MIT
// PubGrub: finds one version for every package that is needed, or a proof that there are none.
// Pure: what there is to know comes from a Provider.
//
// The solver keeps *incompatibilities*, sets of terms that must not all hold. Unit propagation
// draws the conclusion wherever all terms of one but one hold. Where nothing follows, it decides:
// takes a package that is needed and asks for a version, whose dependencies become new
// incompatibilities. Where all terms of one hold it resolves the conflict: the incompatibility is
// joined with the cause of its last satisfied term until one remains that is about earlier
// decisions alone; that one is learned, and the search goes back to where it draws a conclusion.
// When it speaks of nothing but the root, the way to it is the proof. docs/packages/resolving.md
// says how it is tuned.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/resolve/incompatibility.hpp"
#include "core/packaging/resolve/partial_solution.hpp"

namespace pymode::pubgrub {

struct Dependency {
    PackageId package = 0;
    pep::VersionSet versions;
};

// The version cannot be selected; the provider remembers why.
struct Unusable {};

using Dependencies = std::variant<std::vector<Dependency>, Unusable>;

class Provider {
  public:
    virtual ~Provider() = default;

    struct Traits {
        bool direct = false;           // there is only one file it can be
        std::optional<PackageId> base; // a shadow of another package: `a[x]` is one of `a`
    };
    [[nodiscard]] virtual Traits traits(PackageId package) const = 0;

    // What the user does not allow; asked once a package.
    [[nodiscard]] virtual std::optional<pep::VersionSet> forbidden(PackageId package) const = 0;

    // Called once a package, when it is known to be needed, long before `choose`.
    virtual void announce(PackageId package, const pep::VersionSet& versions) = 0;

    // The version to try first of those in `versions`; nothing when none can be selected. `base` is
    // what was decided for the base of a shadow.
    [[nodiscard]] virtual Expected<std::optional<Choice>>
    choose(PackageId package, const pep::VersionSet& versions, const Choice* base) = 0;

    [[nodiscard]] virtual Expected<Dependencies> dependencies(PackageId package,
                                                              const Choice& choice) = 0;

    [[nodiscard]] virtual bool cancelled() const = 0;
};

struct Selected {
    PackageId package = 0;
    Choice choice;
};

struct Statistics {
    std::size_t decisions = 0; // versions tried
    std::size_t conflicts = 0; // resolved
    std::size_t reorderings = 0;
};

// After so many rejections of its versions a package is decided earlier, and after so many
// rejections by its version a package is decided later.
inline constexpr int conflict_threshold = 5;

class Solver {
  public:
    explicit Solver(Provider& provider) : m_provider(provider) {}

    // What is known before it begins: of an earlier run, to find a shorter proof.
    void learn(const std::vector<Incompatibility>& external);

    struct Failure {
        IncompatibilityId proof = 0; // in `store()`
    };
    using Outcome = std::variant<std::vector<Selected>, Failure>;

    // Once. An Error is the provider's, or ErrorCode::cancelled.
    [[nodiscard]] Expected<Outcome> run();

    [[nodiscard]] const IncompatibilityStore& store() const { return m_store; }
    [[nodiscard]] const Statistics& statistics() const { return m_statistics; }

  private:
    enum class Standing { ordinary, early, late };
    struct PackageInfo {
        bool announced = false;
        bool constrained = false; // `forbidden` was asked
        Provider::Traits traits;
        Standing standing = Standing::ordinary;
        int rejections = 0;               // of its versions
        int culprit = 0;                  // rejections by its version
        std::set<std::uint32_t> expanded; // choices whose dependencies are in the store
    };

    PackageInfo& info(PackageId package);
    void announce_pending();
    [[nodiscard]] std::optional<PackageId> next_package() const;
    [[nodiscard]] std::pair<int, PackageId> rank(PackageId package) const;

    // Conclusions from what changed; the proof when there is no solution.
    [[nodiscard]] std::optional<Failure> propagate(std::vector<PackageId> changed);
    [[nodiscard]] std::variant<Failure, IncompatibilityId> resolve_conflict(IncompatibilityId id);
    void conclude(PackageId package, IncompatibilityId id);
    void backtrack(PartialSolution::Level level);

    // Tries a version of `package`; what to look at next.
    [[nodiscard]] Expected<std::vector<PackageId>> try_version(PackageId package);
    // Whether the version contradicts what is known already.
    [[nodiscard]] bool add_dependencies(PackageId package, const Choice& choice,
                                        const std::vector<Dependency>& dependencies);
    void record_rejection(PackageId rejected, PackageId by);
    void promote(PackageId package);
    // Goes back before the decisions for packages that have become late.
    [[nodiscard]] std::vector<PackageId> reorder();

    Provider& m_provider;
    IncompatibilityStore m_store;
    PartialSolution m_solution;
    Statistics m_statistics;
    std::vector<PackageInfo> m_info;
    // Until the search goes back before that level, the incompatibility cannot matter.
    std::vector<std::optional<PartialSolution::Level>> m_contradicted_at;
    std::vector<PackageId> m_reordered;
};

} // namespace pymode::pubgrub

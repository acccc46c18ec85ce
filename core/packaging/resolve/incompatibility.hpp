// SPDX-License-Identifier: MIT
// What the solver knows: sets of terms that must not all hold at once, and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/packaging/resolve/term.hpp"

namespace pymode::pubgrub {

using IncompatibilityId = std::uint32_t;

struct PackageTerm {
    PackageId package = 0;
    Term term;
};

enum class CauseKind {
    root,        // the root must be selected
    dependency,  // `package` depends on `dependency`
    unavailable, // no version in the set can be selected
    constraint,  // the user allows no version in the set
    derived,     // from `left` and `right`
};

struct Cause {
    CauseKind kind = CauseKind::derived;
    PackageId package = 0;
    PackageId dependency = 0;
    pep::VersionSet wanted; // of the dependency
    IncompatibilityId left = 0;
    IncompatibilityId right = 0;
};

struct Incompatibility {
    std::vector<PackageTerm> terms; // by package, each once; terms that always hold are left out
    Cause cause;
    // A wider one says the same and more: it is not looked at any longer, but proofs refer to it.
    bool superseded = false;

    [[nodiscard]] const Term* term_of(PackageId package) const;
};

// Each of them for ever, under its number; and which of them mention a package.
class IncompatibilityStore {
  public:
    [[nodiscard]] const Incompatibility& operator[](IncompatibilityId id) const {
        return m_all[id];
    }
    [[nodiscard]] std::size_t size() const { return m_all.size(); }
    // Those to look at, the oldest first. Superseded ones may be among them.
    [[nodiscard]] std::span<const IncompatibilityId> mentioning(PackageId package) const;

    IncompatibilityId add_root(const pep::VersionSet& root);
    IncompatibilityId add_single(PackageId package, pep::VersionSet set, CauseKind kind);
    // `versions` of `package` depend on `wanted` of `dependency`. Joined with what is known of
    // other versions that depend on the same.
    IncompatibilityId add_dependency(PackageId package, const pep::VersionSet& versions,
                                     PackageId dependency, const pep::VersionSet& wanted);
    // What follows from two that say opposite things of `package`. Not looked at until
    // `index` is called.
    IncompatibilityId derive(IncompatibilityId left, IncompatibilityId right, PackageId package);
    void index(IncompatibilityId id);

    // All that were not derived and are not superseded.
    [[nodiscard]] std::vector<Incompatibility> external() const;

  private:
    IncompatibilityId push(Incompatibility incompatibility);

    std::vector<Incompatibility> m_all;
    std::vector<std::vector<IncompatibilityId>> m_by_package;
    // (package, dependency) → those that are not superseded.
    std::unordered_map<std::uint64_t, std::vector<IncompatibilityId>> m_dependencies;
};

} // namespace pymode::pubgrub

// SPDX-License-Identifier: MIT
// A proof of the solver in sentences.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/packaging/resolve/incompatibility.hpp"

namespace pymode::pubgrub {

// A part of a sentence and whether the verb behind it is a plural.
struct Phrase {
    std::string text;
    bool plural = false;
    std::string none; // when `text` is all there are: "no version of `a`"
};

// How the driver calls things.
class Language {
  public:
    virtual ~Language() = default;

    // "`a` 1.0", "every version of `a`", "your project".
    [[nodiscard]] virtual Phrase versions(PackageId package, const pep::VersionSet& set) const = 0;
    // "`a>=1.0`", as somebody would write the requirement.
    [[nodiscard]] virtual std::string requirement(PackageId package,
                                                  const pep::VersionSet& set) const = 0;
    // A clause: why none of `set` can be selected.
    [[nodiscard]] virtual std::string unavailable(PackageId package,
                                                  const pep::VersionSet& set) const = 0;
    // A clause: the user allows none of `set`.
    [[nodiscard]] virtual std::string forbidden(PackageId package,
                                                const pep::VersionSet& set) const = 0;
    // True for what needs no words: `a[x]` 1.0 needs `a` 1.0.
    [[nodiscard]] virtual bool is_obvious(PackageId package, PackageId dependency) const = 0;
};

// One sentence an element; the last one is about the root. Some are numbered, "(1)", and referred
// to. Of very long proofs only the end is kept.
[[nodiscard]] std::vector<std::string> explain(const IncompatibilityStore& store,
                                               IncompatibilityId proof, const Language& language);

// What one incompatibility says, as a clause.
[[nodiscard]] std::string describe(const Incompatibility& incompatibility,
                                   const Language& language);

} // namespace pymode::pubgrub

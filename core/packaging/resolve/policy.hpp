// SPDX-License-Identifier: MIT
// What the user wants, looked up by name.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/resolution.hpp"
#include "core/packaging/resolve/timestamp.hpp"

namespace pymode::resolving {

// The user's own words about one package: requirements, constraints and overrides that count for
// the target.
struct UserWord {
    bool required = false;         // the project itself requires it
    bool names_prerelease = false; // a specifier names one
    bool bounded = false;          // a pin or an upper bound: an old version is what is wanted
    pep::VersionSet pinned;        // by == or ===: a yanked version there may be used
    std::optional<pep::VersionSet> allowed; // by constraints
    std::vector<const pep::Requirement*> overrides;
    bool overridden = false;
    std::optional<DistFile> direct;
};

struct Policy {
    const ResolveRequest* request = nullptr;
    pep::Version python; // without the suffix of a pre-release
    std::optional<Timestamp> exclude_newer;
    std::map<std::string, UserWord, std::less<>> words;

    [[nodiscard]] const UserWord* word(std::string_view name) const;
    [[nodiscard]] const pep::Version* preference(std::string_view name) const;
    // "your project" or the project's name, quoted.
    [[nodiscard]] std::string project() const;
};

// `request` must outlive it. ErrorCode::config: two URLs for one name, what is no wheel, a project
// that requires itself, a date that is none.
[[nodiscard]] Expected<Policy> make_policy(const ResolveRequest& request);

} // namespace pymode::resolving

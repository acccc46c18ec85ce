// SPDX-License-Identifier: MIT
// pylock.toml of a project: made from a resolution, compared with the project, installed from.
// Pure but for `read_project_lock`.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/dependency_graph.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/packaging/project_inputs.hpp"
#include "core/packaging/resolution.hpp"
#include "core/packaging/resolved_with.hpp"
#include "core/pep/pylock.hpp"

namespace pymode {

// How a wheel of this executable is written into a lock, which wants a URL: the standard allows any
// scheme. Other tools cannot fetch it, and say so.
inline constexpr std::string_view kWheelhouseScheme = "pymode-wheelhouse:///";

// What of a resolution's choices is not in the project's requirements. A lock that was made with
// other ones is not up to date, as it would have come out otherwise.
struct LockSettings {
    std::string resolution = "highest";
    std::string prerelease = "if-necessary-or-explicit";
    std::string exclude_newer; // empty: none
    friend bool operator==(const LockSettings&, const LockSettings&) = default;
};

// What the lock was made with.
LockSettings settings_of(const pep::Lock& lock);

// Every wheel of the resolution has at least one hash. The lock holds all extras and groups of the
// project; markers say who needs what. No credentials, no absolute paths.
Expected<pep::Lock> make_lock(const ProjectInputs& inputs, const Target& target,
                              const LockSettings& settings, const Resolution& resolution);

// The lock with the digest of `inputs`: after an edit that changes no choice.
void set_inputs_digest(pep::Lock& lock, const ProjectInputs& inputs, const Target& target);

// Why the lock does not fit what the project asks for, as a sentence; nothing when it does. Asks no
// network. Equal digests mean that nothing has changed; else the lock is compared in full.
std::optional<std::string> lock_mismatch(const pep::Lock& lock, const ProjectInputs& inputs,
                                         const Target& target, const LockSettings& settings);

DependencyGraph graph_of(const pep::Lock& lock);

// The versions that a new resolution keeps where it can. `unlocked` are left out; all with
// `std::nullopt`.
std::map<std::string, pep::Version, std::less<>>
preferences_of(const pep::Lock& lock, const std::optional<std::vector<std::string>>& unlocked);

// Which parts of a lock are installed; normalised names.
struct LockSelection {
    std::vector<std::string> extras;
    std::vector<std::string> groups;
    bool only_groups = false; // not the project's own requirements
};

struct LockedItem {
    std::string name;
    pep::Version version;
    DistFile wheel;
    std::optional<LockedNeeds> needs; // nothing when another program made the lock
};

// What is installed of a lock that was read from `root`/pylock.toml, in the lock's order.
// ErrorCode::config: made for another target, an entry that is no wheel.
Expected<std::vector<LockedItem>> items_of(const pep::Lock& lock, const ProjectInputs& inputs,
                                           const Target& target, const LockSelection& selection);

// pep::parse_lock of the project's own lock; the error says what to do about it.
Expected<pep::Lock> parse_project_lock(std::string_view text);

// Nothing when there is no lock. A lock that cannot be used is an error with a hint.
Expected<std::optional<pep::Lock>> read_project_lock(const std::filesystem::path& root);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What the resolver is asked and what it answers. One target (core/pep/environment.hpp,
// core/pep/tag.hpp); markers are decided while resolving.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/pep/environment.hpp"
#include "core/pep/metadata.hpp"
#include "core/pep/prerelease.hpp"
#include "core/pep/requirement.hpp"
#include "core/pep/tag.hpp"

namespace pymode {

struct Target {
    pep::Environment environment;
    pep::TargetTags tags;
    pep::Version python; // the full version of the interpreter
};

// The interpreter that this executable carries; `python_full_version` is its version, "3.13.5".
[[nodiscard]] Expected<Target> runtime_target(std::string_view python_full_version,
                                              pep::EmscriptenWheels emscripten);

enum class ResolutionMode { highest, lowest, lowest_direct };

// Which part of the project states a requirement; decides the marker in the lock.
struct RootRequirement {
    enum class Section { project, extra, group };
    pep::Requirement requirement;
    Section section = Section::project;
    std::string section_name; // of an extra or group, normalised
};

struct ResolveRequest {
    Target target;
    std::string project_name;                  // for sentences: "your project" when empty
    std::vector<RootRequirement> requirements; // in the order of the file
    std::vector<pep::Requirement> constraints;
    std::vector<pep::Requirement> overrides; // each replaces every requirement of its name
    // Versions to keep where they still fit: those of the old lock, by normalised name.
    std::map<std::string, pep::Version, std::less<>> preferences;
    pep::PrereleasePolicy prereleases = pep::PrereleasePolicy::if_needed;
    ResolutionMode mode = ResolutionMode::highest;
    std::optional<std::string> exclude_newer; // RFC 3339: files uploaded later do not exist
    bool ignore_requires_python = false;
    // Normalised names that are known to exist. Asked only when a name is unknown, for "did you
    // mean": to find them costs I/O.
    std::function<std::vector<std::string>()> known_names{};
};

struct ResolvedDependency {
    std::string name; // normalised
    std::vector<std::string> extras;
    // The extras of the depending package through which it comes; empty: unconditionally.
    std::vector<std::string> through_extras;
};

struct ResolvedPackage {
    std::string name; // normalised
    pep::Version version;
    DistFile wheel;
    std::optional<std::string> requires_python;
    std::vector<std::string> extras;                   // asked for by anybody; sorted
    std::vector<ResolvedDependency> dependencies;      // sorted by name
    std::shared_ptr<const pep::CoreMetadata> metadata; // what was chosen by
};

struct Resolution {
    std::vector<ResolvedPackage> packages; // sorted by name
    std::vector<std::string> warnings;     // yanked, unknown extras, deprecated projects, …
};

} // namespace pymode

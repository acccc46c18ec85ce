// SPDX-License-Identifier: MIT
// Who needs whom among chosen packages: from a resolution, or from a lock.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/packaging/resolution.hpp"
#include "core/pep/pylock.hpp"

namespace pymode {

struct GraphNode {
    pep::Version version;
    std::vector<std::string> extras;              // that somebody asks for; sorted
    std::vector<ResolvedDependency> dependencies; // sorted by name
};

using DependencyGraph = std::map<std::string, GraphNode, std::less<>>;

[[nodiscard]] DependencyGraph graph_of(const Resolution& resolution);

// Which sections of the project need a package, directly or through others.
struct Reach {
    bool project = false;
    std::set<std::string> extras;
    std::set<std::string> groups;

    friend bool operator==(const Reach&, const Reach&) = default;
};

// For every package of the graph that a requirement leads to. Requirements that do not apply to
// the environment, and packages that the graph does not have, lead nowhere.
[[nodiscard]] std::map<std::string, Reach, std::less<>>
reach_of(const DependencyGraph& graph, std::span<const RootRequirement> roots,
         const pep::Environment& environment);

// The marker of a package in a lock: `'dev' in dependency_groups or 'x' in extras`. Empty when the
// project itself needs it.
[[nodiscard]] std::string marker_text(const Reach& reach);

// From a requirement of the project down to a package: names, the package last.
using DependencyPath = std::vector<std::string>;

// The shortest ways to `name`, one for each root that has one, shortest first; at most `limit`.
[[nodiscard]] std::vector<std::pair<RootRequirement, DependencyPath>>
paths_to(std::string_view name, const DependencyGraph& graph,
         std::span<const RootRequirement> roots, const pep::Environment& environment,
         std::size_t limit);

} // namespace pymode

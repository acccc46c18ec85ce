// SPDX-License-Identifier: MIT
#include "core/packaging/dependency_graph.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include <fmt/format.h>

namespace pymode {

namespace {

// A package, or what one of its extras adds (the name of the extra; empty: the package itself).
using Place = std::pair<std::string, std::string>;

// The places that follow from `place`.
std::vector<Place> successors(const DependencyGraph& graph, const Place& place) {
    std::vector<Place> next;
    const auto node = graph.find(place.first);
    if (node == graph.end()) {
        return next;
    }
    for (const ResolvedDependency& dependency : node->second.dependencies) {
        const auto& through = dependency.through_extras;
        const bool follows = place.second.empty()
                                 ? through.empty()
                                 : std::ranges::find(through, place.second) != through.end();
        if (follows) {
            next.emplace_back(dependency.name, "");
            for (const std::string& extra : dependency.extras) {
                next.emplace_back(dependency.name, extra);
            }
        }
    }
    return next;
}

std::vector<Place> starts_of(const RootRequirement& root, const pep::Environment& environment) {
    std::vector<Place> starts;
    if (root.requirement.applies(environment)) {
        const std::string name = root.requirement.normalized_name();
        starts.emplace_back(name, "");
        for (const std::string& extra : root.requirement.normalized_extras()) {
            starts.emplace_back(name, extra);
        }
    }
    return starts;
}

// Every place that can be reached, with the one it was reached from first (itself for a start).
std::map<Place, Place> walk(const DependencyGraph& graph, const std::vector<Place>& starts) {
    std::map<Place, Place> origin;
    std::deque<Place> waiting;
    for (const Place& start : starts) {
        if (graph.contains(start.first) && origin.emplace(start, start).second) {
            waiting.push_back(start);
        }
    }
    while (!waiting.empty()) {
        const Place place = waiting.front();
        waiting.pop_front();
        for (Place& next : successors(graph, place)) {
            if (graph.contains(next.first) && origin.emplace(next, place).second) {
                waiting.push_back(std::move(next));
            }
        }
    }
    return origin;
}

} // namespace

DependencyGraph graph_of(const Resolution& resolution) {
    DependencyGraph graph;
    for (const ResolvedPackage& package : resolution.packages) {
        graph.emplace(package.name,
                      GraphNode{package.version, package.extras, package.dependencies});
    }
    return graph;
}

std::map<std::string, Reach, std::less<>> reach_of(const DependencyGraph& graph,
                                                   std::span<const RootRequirement> roots,
                                                   const pep::Environment& environment) {
    using Section = RootRequirement::Section;
    std::map<std::pair<Section, std::string>, std::vector<Place>> sections;
    for (const RootRequirement& root : roots) {
        std::vector<Place>& starts = sections[{root.section, root.section_name}];
        std::ranges::move(starts_of(root, environment), std::back_inserter(starts));
    }
    std::map<std::string, Reach, std::less<>> result;
    for (const auto& [section, starts] : sections) {
        for (const auto& [place, from] : walk(graph, starts)) {
            Reach& reach = result[place.first];
            switch (section.first) {
            case Section::project:
                reach.project = true;
                break;
            case Section::extra:
                reach.extras.insert(section.second);
                break;
            case Section::group:
                reach.groups.insert(section.second);
                break;
            }
        }
    }
    return result;
}

std::string marker_text(const Reach& reach) {
    std::string text;
    if (reach.project) {
        return text;
    }
    const auto add = [&](const std::set<std::string>& names, std::string_view variable) {
        for (const std::string& name : names) {
            text += fmt::format("{}'{}' in {}", text.empty() ? "" : " or ", name, variable);
        }
    };
    add(reach.groups, "dependency_groups");
    add(reach.extras, "extras");
    return text;
}

std::vector<std::pair<RootRequirement, DependencyPath>>
paths_to(std::string_view name, const DependencyGraph& graph,
         std::span<const RootRequirement> roots, const pep::Environment& environment,
         std::size_t limit) {
    std::vector<std::pair<RootRequirement, DependencyPath>> paths;
    for (const RootRequirement& root : roots) {
        const auto origin = walk(graph, starts_of(root, environment));
        DependencyPath shortest;
        for (const auto& [place, from] : origin) {
            if (place.first != name) {
                continue;
            }
            DependencyPath path;
            for (Place at = place;; at = origin.at(at)) {
                if (path.empty() || path.back() != at.first) {
                    path.push_back(at.first);
                }
                if (origin.at(at) == at) {
                    break;
                }
            }
            std::ranges::reverse(path);
            if (shortest.empty() || path.size() < shortest.size()) {
                shortest = std::move(path);
            }
        }
        if (!shortest.empty()) {
            paths.emplace_back(root, std::move(shortest));
        }
    }
    std::ranges::stable_sort(paths, {}, [](const auto& each) { return each.second.size(); });
    paths.resize(std::min(paths.size(), limit));
    return paths;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/resolve.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/packaging/resolve/failure.hpp"
#include "core/packaging/resolve/fallback.hpp"
#include "core/packaging/resolve/wording.hpp"

namespace pymode {

namespace {

using resolving::Candidate;
using resolving::Graph;

// The extras asked for, by the package's name.
using Extras = std::map<std::string, std::vector<std::string>>;

Extras selected_extras(const Graph& graph, const std::vector<pubgrub::Selected>& selected) {
    Extras extras;
    for (const pubgrub::Selected& one : selected) {
        const Graph::Node& node = graph.node(one.package);
        if (node.kind == Graph::Kind::extra) {
            extras[node.name].push_back(node.detail);
        }
    }
    for (auto& [name, of_name] : extras) {
        std::ranges::sort(of_name);
    }
    return extras;
}

void add_dependencies(std::map<std::string, ResolvedDependency>& into, const std::string& self,
                      const std::vector<const pep::Requirement*>& requirements,
                      const std::string& through) {
    for (const pep::Requirement* requirement : requirements) {
        const std::string name = requirement->normalized_name();
        if (name == self) {
            continue;
        }
        const auto [place, is_new] = into.try_emplace(name);
        ResolvedDependency& dependency = place->second;
        dependency.name = name;
        for (const std::string& extra : requirement->normalized_extras()) {
            if (std::ranges::find(dependency.extras, extra) == dependency.extras.end()) {
                dependency.extras.push_back(extra);
            }
        }
        std::ranges::sort(dependency.extras);
        // What comes unconditionally was added first.
        const bool conditional = is_new || !dependency.through_extras.empty();
        if (!through.empty() && conditional &&
            std::ranges::find(dependency.through_extras, through) ==
                dependency.through_extras.end()) {
            dependency.through_extras.push_back(through);
        }
    }
}

ResolvedPackage make_package(const Graph& graph, const std::string& name,
                             const Candidate& candidate, const std::vector<std::string>& extras) {
    ResolvedPackage package;
    package.name = name;
    package.version = candidate.version;
    package.wheel = *candidate.wheel;
    if (candidate.metadata && candidate.metadata->requires_python) {
        package.requires_python = candidate.metadata->requires_python->to_string();
    }
    package.metadata = candidate.metadata;
    package.extras = extras;
    std::map<std::string, ResolvedDependency> dependencies;
    add_dependencies(dependencies, name, graph.requirements(candidate, ""), "");
    for (const std::string& extra : extras) {
        add_dependencies(dependencies, name, graph.requirements(candidate, extra), extra);
    }
    for (auto& [key, dependency] : dependencies) {
        package.dependencies.push_back(std::move(dependency));
    }
    return package;
}

void warn_about(std::vector<std::string>& warnings, const resolving::CandidateList& list,
                const Candidate& candidate, const std::vector<std::string>& extras) {
    const std::string& name = list.page->name;
    const std::string version = candidate.version.to_string();
    if (const auto& reason = candidate.wheel->yanked) {
        warnings.push_back(reason->empty()
                               ? fmt::format("`{}` {} is yanked", name, version)
                               : fmt::format("`{}` {} is yanked: {}", name, version, *reason));
    }
    const auto& known = candidate.metadata->provides_extra;
    for (const std::string& extra : extras) {
        if (std::ranges::find(known, extra) != known.end()) {
            continue;
        }
        std::vector<std::string> quoted;
        for (const std::string& one : known) {
            quoted.push_back(fmt::format("`{}`", one));
        }
        warnings.push_back(
            fmt::format("`{}` {} has no extra `{}`; {}", name, version, extra,
                        quoted.empty() ? "it has none" : "it has " + resolving::enumerate(quoted)));
    }
    const ProjectStatus& status = list.page->status;
    const std::string_view word = status.kind == ProjectStatus::Kind::deprecated ? "deprecated"
                                  : status.kind == ProjectStatus::Kind::archived ? "archived"
                                                                                 : "";
    if (!word.empty()) {
        warnings.push_back(status.reason.empty()
                               ? fmt::format("`{}` is {}", name, word)
                               : fmt::format("`{}` is {}: {}", name, word, status.reason));
    }
}

Resolution make_resolution(const Graph& graph, const std::vector<pubgrub::Selected>& selected) {
    Resolution resolution;
    const Extras extras = selected_extras(graph, selected);
    for (const pubgrub::Selected& one : selected) {
        const Graph::Node& node = graph.node(one.package);
        if (node.kind != Graph::Kind::project) {
            continue;
        }
        const resolving::CandidateList& list = *graph.list(one.package);
        const Candidate& candidate = list.candidates[one.choice.number];
        const auto found = extras.find(node.name);
        const auto of_package = found == extras.end() ? std::vector<std::string>{} : found->second;
        resolution.packages.push_back(make_package(graph, node.name, candidate, of_package));
        warn_about(resolution.warnings, list, candidate, of_package);
    }
    std::ranges::sort(resolution.packages, {}, &ResolvedPackage::name);
    std::ranges::sort(resolution.warnings);
    return resolution;
}

} // namespace

Expected<Resolution> resolve(const ResolveRequest& request, PackageSource& source,
                             const CancelToken& cancel) {
    const auto policy = resolving::make_policy(request);
    if (!policy) {
        return propagate(policy);
    }
    resolving::Catalog catalog(source, *policy);
    Graph graph(catalog, *policy, cancel, resolving::Wheels::usable);
    pubgrub::Solver solver(graph);
    const auto outcome = solver.run();
    if (!outcome) {
        return propagate(outcome);
    }
    if (const auto* failure = std::get_if<pubgrub::Solver::Failure>(&*outcome)) {
        return std::unexpected(resolving::explain_failure(graph, *policy, solver, failure->proof));
    }
    const auto& selected = std::get<std::vector<pubgrub::Selected>>(*outcome);
    Resolution resolution = make_resolution(graph, selected);
    if (graph.passed_over_missing_wheel()) {
        auto report = resolving::check_fallbacks(catalog, *policy, cancel, graph, selected);
        if (!report) {
            return propagate(report);
        }
        if (report->error) {
            return std::unexpected(*std::move(report->error));
        }
        // The most important ones first.
        std::ranges::move(resolution.warnings, std::back_inserter(report->warnings));
        resolution.warnings = std::move(report->warnings);
    }
    return resolution;
}

} // namespace pymode

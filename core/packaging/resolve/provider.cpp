// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/provider.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/resolve/direct_file.hpp"
#include "core/pep/name.hpp"

namespace pymode::resolving {

using pubgrub::Choice;
using pubgrub::Dependencies;
using pubgrub::Dependency;

Graph::Graph(Catalog& catalog, const Policy& policy, const CancelToken& cancel, Wheels wheels)
    : m_catalog(catalog), m_policy(policy), m_cancel(cancel), m_wheels(wheels) {
    m_nodes.push_back({Kind::root, "", "", 0, 0, 0});
}

Graph::PackageId Graph::intern(Kind kind, const std::string& name, std::string_view detail) {
    std::string key = name;
    if (kind != Kind::project) {
        key += kind == Kind::extra ? fmt::format("[{}]", detail) : fmt::format("==={}", detail);
    }
    if (const auto known = m_ids.find(key); known != m_ids.end()) {
        return known->second;
    }
    const PackageId base = kind == Kind::project ? 0 : intern(Kind::project, name, "");
    const auto id = static_cast<PackageId>(m_nodes.size());
    m_ids.emplace(std::move(key), id);
    m_nodes.push_back({kind, name, std::string(detail), base, 0, 5});
    m_catalog.expect(name);
    return id;
}

Graph::Traits Graph::traits(PackageId package) const {
    Traits traits;
    if (package >= m_nodes.size()) {
        return traits;
    }
    const Node& node = m_nodes[package];
    if (node.kind == Kind::extra || node.kind == Kind::arbitrary) {
        traits.base = node.base;
    }
    const UserWord* word = m_policy.word(node.name);
    traits.direct = word != nullptr && word->direct.has_value();
    return traits;
}

std::optional<pep::VersionSet> Graph::forbidden(PackageId package) const {
    const Node& node = m_nodes[package];
    const UserWord* word = m_policy.word(node.name);
    if (node.kind != Kind::project || word == nullptr || !word->allowed) {
        return std::nullopt;
    }
    return word->allowed->complement();
}

const CandidateList* Graph::list(PackageId package) const {
    return m_catalog.loaded(m_nodes[package].name);
}

bool Graph::is_selectable(const Candidate& candidate) const {
    return candidate.obstacle == Obstacle::none ||
           (m_wheels == Wheels::any && is_missing_wheel(candidate.obstacle));
}

bool Graph::is_lowest_first(const std::string& name) const {
    switch (m_policy.request->mode) {
    case ResolutionMode::highest:
        return false;
    case ResolutionMode::lowest:
        return true;
    case ResolutionMode::lowest_direct:
        break;
    }
    const UserWord* word = m_policy.word(name);
    return word != nullptr && word->required;
}

// The version of the old lock, else the newest (or oldest) stable one, else the newest pre-release.
std::optional<std::uint32_t> Graph::pick(CandidateList& list, const pep::VersionSet& versions,
                                         const Node& node) {
    bool passed_over = false;
    const auto fits = [&](std::uint32_t number) {
        if (!versions.contains(list.candidates[number].version) ||
            (node.kind == Kind::arbitrary &&
             !equals_ignoring_case(list.candidates[number].text, node.detail))) {
            return false;
        }
        const Candidate& candidate = m_catalog.assessed(list, number);
        passed_over |= is_missing_wheel(candidate.obstacle);
        return is_selectable(candidate);
    };
    const auto number = first_that(list, node.name, fits);
    // A wheel that was built for this runtime is the best there is, whatever else exists.
    m_missing_wheel |= passed_over && (!number || list.candidates[*number].wheel_is_pure);
    return number;
}

std::optional<std::uint32_t>
Graph::first_that(const CandidateList& list, const std::string& name,
                  const std::function<bool(std::uint32_t)>& fits) const {
    if (const pep::Version* preferred = m_policy.preference(name)) {
        if (const auto number = list.find(*preferred); number && fits(*number)) {
            return number;
        }
    }
    const auto count = static_cast<std::uint32_t>(list.candidates.size());
    const bool lowest = is_lowest_first(name);
    const bool any_kind = m_policy.request->prereleases == pep::PrereleasePolicy::allow;
    for (const bool prereleases : {false, true}) {
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t number = lowest ? i : count - 1 - i;
            const bool is_prerelease = list.candidates[number].version.is_prerelease();
            if ((any_kind || is_prerelease == prereleases) && fits(number)) {
                return number;
            }
        }
    }
    return std::nullopt;
}

void Graph::announce(PackageId package, const pep::VersionSet& versions) {
    const Node& node = m_nodes[package];
    if (node.kind != Kind::project) {
        return;
    }
    // An error is reported when the package is decided, if it comes to that.
    if (auto list = m_catalog.candidates(node.name)) {
        if (const auto number = pick(**list, versions, node)) {
            m_catalog.expect_metadata(**list, *number);
        }
    }
}

// Trying version after version, the solver should not wait for each.
void Graph::prefetch_batch(CandidateList& list, const pep::VersionSet& versions, Node& node,
                           std::uint32_t chosen) {
    if (++node.tries < node.next_batch) {
        return;
    }
    std::size_t left = node.tries >= 40 ? 50 : node.tries;
    node.next_batch = node.tries < 20 ? node.tries * 2 : node.tries + 20;
    const bool lowest = is_lowest_first(node.name);
    const auto count = static_cast<std::uint32_t>(list.candidates.size());
    for (std::uint32_t step = 1; step < count && left > 0; ++step) {
        if (lowest ? chosen + step >= count : step > chosen) {
            break;
        }
        const std::uint32_t number = lowest ? chosen + step : chosen - step;
        if (versions.contains(list.candidates[number].version) &&
            is_selectable(m_catalog.assessed(list, number))) {
            m_catalog.expect_metadata(list, number);
            --left;
        }
    }
}

Expected<std::optional<Choice>> Graph::choose(PackageId package, const pep::VersionSet& versions,
                                              const Choice* base) {
    Node& node = m_nodes[package];
    auto list = m_catalog.candidates(node.name);
    if (!list) {
        return propagate(list);
    }
    std::optional<std::uint32_t> number;
    if (base != nullptr && versions.contains(base->version) &&
        (node.kind != Kind::arbitrary ||
         equals_ignoring_case((*list)->candidates[base->number].text, node.detail))) {
        number = base->number;
    } else {
        number = pick(**list, versions, node);
    }
    if (!number) {
        return std::nullopt;
    }
    if (node.kind == Kind::project) {
        prefetch_batch(**list, versions, node, *number);
    }
    return Choice{*number, (*list)->candidates[*number].version, (*list)->cell(*number)};
}

void Graph::append_overridden(const pep::Requirement& requirement,
                              std::vector<const pep::Requirement*>& into) const {
    const UserWord* word = m_policy.word(requirement.normalized_name());
    if (word == nullptr || !word->overridden) {
        into.push_back(&requirement);
        return;
    }
    into.insert(into.end(), word->overrides.begin(), word->overrides.end());
}

std::vector<const pep::Requirement*> Graph::requirements(const Candidate& candidate,
                                                         std::string_view extra) const {
    std::vector<const pep::Requirement*> found;
    if (candidate.metadata == nullptr) {
        return found;
    }
    const pep::Environment& environment = m_policy.request->target.environment;
    const std::vector<std::string> extras = {std::string(extra)};
    for (const pep::Requirement& requirement : candidate.metadata->requires_dist) {
        const bool always = requirement.applies(environment);
        if (extra.empty() ? always : !always && requirement.applies(environment, extras)) {
            append_overridden(requirement, found);
        }
    }
    return found;
}

// One requirement as dependencies: on the package, and on a shadow of it for each extra.
void Graph::lower(const pep::Requirement& requirement, std::vector<Dependency>& into) {
    const std::string name = requirement.normalized_name();
    const pep::VersionSet versions =
        requirement.url ? pep::VersionSet::all() : requirement.specifiers.versions();
    into.push_back({intern(Kind::project, name, ""), versions});
    for (const pep::Specifier& specifier : requirement.specifiers.specifiers()) {
        if (specifier.op == pep::Operator::arbitrary) {
            into.push_back({intern(Kind::arbitrary, name, specifier.text), versions});
        }
    }
    for (const std::string& extra : requirement.normalized_extras()) {
        into.push_back({intern(Kind::extra, name, extra), versions});
    }
}

std::vector<Dependency> Graph::root_dependencies() {
    std::vector<Dependency> dependencies;
    for (const RootRequirement& root : m_policy.request->requirements) {
        const pep::Requirement& requirement = root.requirement;
        const bool is_self =
            !m_policy.request->project_name.empty() &&
            requirement.normalized_name() == pep::normalize_name(m_policy.request->project_name);
        // `project[extra]` in an extra of the project: the request holds what it stands for.
        if (is_self || !requirement.applies(m_policy.request->target.environment)) {
            continue;
        }
        std::vector<const pep::Requirement*> counting;
        append_overridden(requirement, counting);
        for (const pep::Requirement* one : counting) {
            lower(*one, dependencies);
        }
    }
    return dependencies;
}

// A package of an index must not bring files from elsewhere, unless the user names the same file.
bool Graph::is_refused_url(const pep::Requirement& requirement) const {
    if (!requirement.url) {
        return false;
    }
    const UserWord* word = m_policy.word(requirement.normalized_name());
    return word == nullptr || !word->direct || word->direct->url != canonical_url(*requirement.url);
}

Expected<Dependencies> Graph::dependencies(PackageId package, const Choice& choice) {
    if (package == pubgrub::root_package) {
        return Dependencies{root_dependencies()};
    }
    const Node node = m_nodes[package]; // a copy: lowering adds nodes
    auto list = m_catalog.candidates(node.name);
    if (!list) {
        return propagate(list);
    }
    auto read = m_catalog.read_metadata(**list, choice.number);
    Candidate& candidate = (*list)->candidates[choice.number];
    const bool is_elsewhere = is_missing_wheel(candidate.obstacle);
    if (!read && !(is_elsewhere && read.error().code != ErrorCode::cancelled)) {
        // What cannot be installed anyway is of interest only as a version.
        return propagate(read);
    }
    if (!is_selectable(candidate)) {
        return pubgrub::Unusable{};
    }
    std::vector<Dependency> dependencies;
    if (node.kind != Kind::project) {
        dependencies.push_back({node.base, choice.cell});
    }
    if (node.kind == Kind::arbitrary) {
        return Dependencies{std::move(dependencies)};
    }
    for (const pep::Requirement* requirement : requirements(candidate, node.detail)) {
        if (is_refused_url(*requirement)) {
            candidate.obstacle = Obstacle::url_dependency;
            candidate.detail = requirement->normalized_name();
            return pubgrub::Unusable{};
        }
        lower(*requirement, dependencies);
    }
    if (node.kind == Kind::extra) {
        // `a[all]` needs `a[x]`: that it is the same `a` is said already.
        std::erase_if(dependencies, [&](const Dependency& one) {
            return one.package == node.base && one.versions != choice.cell &&
                   one.versions.contains(choice.version);
        });
    }
    return dependencies;
}

} // namespace pymode::resolving

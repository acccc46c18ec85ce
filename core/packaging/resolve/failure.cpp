// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/failure.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/resolve/hints.hpp"
#include "core/packaging/resolve/wording.hpp"

namespace pymode::resolving {

using pubgrub::CauseKind;
using pubgrub::Incompatibility;
using pubgrub::IncompatibilityId;
using pubgrub::PackageId;

namespace {

// What all existing versions in a set have the matter; nothing when they differ, when one of them
// can be selected, or when that is not known. `no_files` stands for a package that does not exist.
std::optional<Obstacle> common_obstacle(const Graph& graph, PackageId package,
                                        const pep::VersionSet& set) {
    const CandidateList* list = graph.list(package);
    if (list == nullptr || graph.node(package).kind != Graph::Kind::project) {
        return std::nullopt;
    }
    if (!list->page->found) {
        return Obstacle::no_files;
    }
    std::optional<Obstacle> common;
    for (const Candidate& one : list->candidates) {
        if (!set.contains(one.version)) {
            continue;
        }
        if (!one.assessed || one.obstacle == Obstacle::none ||
            (common && *common != one.obstacle)) {
            return std::nullopt;
        }
        common = one.obstacle;
    }
    return common;
}

// All versions with that obstacle.
pep::VersionSet everything_with(const CandidateList& list, Obstacle obstacle) {
    if (!list.page->found) {
        return pep::VersionSet::all();
    }
    pep::VersionSet set;
    for (std::uint32_t i = 0; i < list.candidates.size(); ++i) {
        if (list.candidates[i].assessed && list.candidates[i].obstacle == obstacle) {
            set = set.unite(list.cell(i));
        }
    }
    return set;
}

// Hundreds of versions that need hundreds of different versions of a package, all of them unusable
// for the same reason, make hundreds of sentences. "Some version that is unusable for this reason"
// is enough for the proof, and is the same for all.
std::vector<Incompatibility> simplify(const Graph& graph, std::vector<Incompatibility> known) {
    using Key = std::tuple<PackageId, PackageId, Obstacle>;
    std::map<Key, std::vector<Incompatibility*>> alike;
    for (Incompatibility& one : known) {
        if (one.cause.kind != CauseKind::dependency || one.terms.size() != 2) {
            continue;
        }
        if (const auto obstacle = common_obstacle(graph, one.cause.dependency, one.cause.wanted)) {
            alike[{one.cause.package, one.cause.dependency, *obstacle}].push_back(&one);
        }
    }
    std::map<std::pair<PackageId, Obstacle>, pep::VersionSet> added;
    for (auto& [key, group] : alike) {
        if (group.size() < 2) {
            continue;
        }
        const auto& [package, dependency, obstacle] = key;
        const auto place = added.try_emplace({dependency, obstacle}).first;
        if (place->second.is_empty()) {
            place->second = everything_with(*graph.list(dependency), obstacle);
        }
        for (Incompatibility* one : group) {
            one->cause.wanted = place->second;
        }
    }
    for (auto& [key, set] : added) {
        Incompatibility unavailable;
        unavailable.cause.kind = CauseKind::unavailable;
        unavailable.cause.package = key.first;
        unavailable.terms = {{key.first, pubgrub::Term{std::move(set), true}}};
        known.push_back(std::move(unavailable));
    }
    return known;
}

std::vector<DeadEnd> dead_ends(const pubgrub::IncompatibilityStore& store,
                               IncompatibilityId proof) {
    std::vector<DeadEnd> found;
    std::set<IncompatibilityId> seen;
    std::vector<IncompatibilityId> open = {proof};
    while (!open.empty()) {
        const IncompatibilityId id = open.back();
        open.pop_back();
        if (!seen.insert(id).second) {
            continue;
        }
        const Incompatibility& one = store[id];
        if (one.cause.kind == CauseKind::derived) {
            open.push_back(one.cause.right);
            open.push_back(one.cause.left);
        } else if (one.cause.kind == CauseKind::unavailable) {
            found.push_back({one.cause.package, one.terms[0].term.set});
        }
    }
    return found;
}

Error make_error(const Graph& graph, const Policy& policy,
                 const pubgrub::IncompatibilityStore& store, IncompatibilityId proof) {
    const Words words(graph, policy);
    Error error;
    error.code = ErrorCode::config;
    error.message =
        fmt::format("no set of versions meets the requirements of {}", policy.project());
    error.notes = pubgrub::explain(store, proof, words);
    error.hint = join(hints(graph, policy, dead_ends(store, proof)), "\n");
    return error;
}

} // namespace

Error explain_failure(Graph& graph, const Policy& policy, const pubgrub::Solver& failed,
                      IncompatibilityId proof) {
    pubgrub::Solver second(graph);
    second.learn(simplify(graph, failed.store().external()));
    const auto outcome = second.run();
    const auto* shorter = outcome ? std::get_if<pubgrub::Solver::Failure>(&*outcome) : nullptr;
    return shorter != nullptr ? make_error(graph, policy, second.store(), shorter->proof)
                              : make_error(graph, policy, failed.store(), proof);
}

} // namespace pymode::resolving

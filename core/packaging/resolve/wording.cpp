// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/wording.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace pymode::resolving {

using pubgrub::PackageId;
using pubgrub::Phrase;

namespace {

constexpr std::size_t max_runs = 3;
constexpr std::size_t max_groups = 3;

// Versions with the same thing the matter.
struct Group {
    Obstacle obstacle = Obstacle::none;
    std::string detail;
    std::vector<pep::PlatformFamily> families;
    std::vector<std::uint32_t> numbers; // ascending
};

std::vector<Group> group_by_obstacle(const CandidateList& list,
                                     const std::vector<std::uint32_t>& numbers) {
    std::vector<Group> groups;
    // The newest first: it is what was wanted.
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
        const Candidate& one = list.candidates[*number];
        auto same = std::ranges::find_if(groups, [&](const Group& group) {
            return group.obstacle == one.obstacle && group.detail == one.detail;
        });
        if (same == groups.end()) {
            groups.push_back({one.obstacle, one.detail, {}, {}});
            same = std::prev(groups.end());
        }
        same->numbers.insert(same->numbers.begin(), *number);
        same->families.insert(same->families.end(), one.families.begin(), one.families.end());
    }
    for (Group& group : groups) {
        std::ranges::sort(group.families);
        group.families.erase(std::ranges::unique(group.families).begin(), group.families.end());
    }
    return groups;
}

std::vector<std::uint32_t> members(const CandidateList& list, const pep::VersionSet& set) {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < list.candidates.size(); ++i) {
        if (set.contains(list.candidates[i].version)) {
            numbers.push_back(i);
        }
    }
    return numbers;
}

std::string with_bounds(const std::string& shown, const pep::VersionSet& set) {
    if (set.is_all()) {
        return fmt::format("`{}`", shown);
    }
    const std::string text = set.to_string();
    return text.find(" or ") == std::string::npos ? fmt::format("`{}{}`", shown, text)
                                                  : fmt::format("`{}` ({})", shown, text);
}

} // namespace

std::string enumerate(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            text += i + 1 == parts.size() ? " and " : ", ";
        }
        text += parts[i];
    }
    return text;
}

std::string enumerate(const std::vector<pep::PlatformFamily>& families) {
    std::vector<std::string> names;
    for (const pep::PlatformFamily family : families) {
        names.emplace_back(pep::family_name(family));
    }
    return enumerate(names);
}

std::string predicate(Obstacle obstacle, const std::string& detail,
                      const std::vector<pep::PlatformFamily>& families, bool plural) {
    const std::string_view has = plural ? "have" : "has";
    const std::string_view is = plural ? "are" : "is";
    switch (obstacle) {
    case Obstacle::none:
        break;
    case Obstacle::no_files:
        return fmt::format("{} no files that can be installed", has);
    case Obstacle::too_new:
        return fmt::format("{} newer than `--exclude-newer` allows", is);
    case Obstacle::no_upload_time:
        return fmt::format("{} no upload time for `--exclude-newer` to go by", has);
    case Obstacle::other_python:
        return fmt::format("{} Python {}", plural ? "need" : "needs", detail);
    case Obstacle::yanked:
        return detail.empty() ? fmt::format("{} yanked", is)
                              : fmt::format("{} yanked (\"{}\")", is, detail);
    case Obstacle::prerelease:
        return plural ? "are pre-releases that are not allowed"
                      : "is a pre-release that is not allowed";
    case Obstacle::bad_metadata:
        return fmt::format("{} metadata that cannot be used ({})", has, detail);
    case Obstacle::url_dependency:
        return fmt::format("{} `{}` from a URL that is not among your own requirements",
                           plural ? "need" : "needs", detail);
    case Obstacle::not_yet:
        return fmt::format("{} only wheels for {} (Emscripten is not supported yet)", has,
                           enumerate(families));
    case Obstacle::foreign:
        return families.empty() ? fmt::format("{} only wheels for other versions of Python", has)
                                : fmt::format("{} only wheels for {}", has, enumerate(families));
    case Obstacle::only_sdist:
        return fmt::format("{} a source distribution but no wheel", has);
    }
    return fmt::format("{} usable", is);
}

Phrase name_versions(const std::string& shown, const CandidateList& list,
                     const std::vector<std::uint32_t>& numbers) {
    if (numbers.size() == list.candidates.size() && numbers.size() > 1) {
        return {fmt::format("every version of `{}`", shown), false,
                fmt::format("no version of `{}`", shown)};
    }
    std::vector<std::string> runs;
    std::size_t named = 0;
    for (std::size_t i = 0; i < numbers.size() && runs.size() < max_runs;) {
        std::size_t end = i + 1;
        while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) {
            ++end;
        }
        const auto text = [&](std::size_t at) {
            return list.candidates[numbers[at]].version.to_string();
        };
        if (end - i <= 2) {
            end = i + 1; // two neighbours are named one by one
            runs.push_back(text(i));
        } else {
            runs.push_back(fmt::format("{} to {}", text(i), text(end - 1)));
        }
        named += end - i;
        i = end;
    }
    if (named < numbers.size()) {
        runs.push_back(fmt::format("{} more", numbers.size() - named));
    }
    return {fmt::format("`{}` {}", shown, enumerate(runs)), numbers.size() > 1, ""};
}

std::string Words::shown_name(PackageId package) const {
    const Graph::Node& node = m_graph.node(package);
    return node.kind == Graph::Kind::extra ? fmt::format("{}[{}]", node.name, node.detail)
                                           : node.name;
}

Phrase Words::versions(PackageId package, const pep::VersionSet& set) const {
    if (package == pubgrub::root_package) {
        return {m_policy.project(), false, ""};
    }
    const CandidateList* list = m_graph.list(package);
    const auto numbers = list == nullptr ? std::vector<std::uint32_t>{} : members(*list, set);
    if (numbers.empty()) {
        return {with_bounds(shown_name(package), set), false, ""};
    }
    return name_versions(shown_name(package), *list, numbers);
}

std::string Words::requirement(PackageId package, const pep::VersionSet& set) const {
    if (set.is_empty()) {
        return fmt::format("`{}` in a version that cannot exist", shown_name(package));
    }
    const Graph::Node& node = m_graph.node(package);
    if (node.kind == Graph::Kind::arbitrary) {
        return fmt::format("`{}==={}`", node.name, node.detail);
    }
    const UserWord* word = m_policy.word(node.name);
    if (set.is_all() && word != nullptr && word->direct) {
        return fmt::format("`{} @ {}`", shown_name(package), word->direct->url);
    }
    return with_bounds(shown_name(package), set);
}

std::string Words::unavailable(PackageId package, const pep::VersionSet& set) const {
    const Graph::Node& node = m_graph.node(package);
    const CandidateList* list = m_graph.list(package);
    if (list == nullptr || !list->page->found) {
        return fmt::format("there is no package `{}`", node.name);
    }
    if (list->page->status.kind == ProjectStatus::Kind::quarantined) {
        return fmt::format("`{}` is in quarantine, its index offers no files", node.name);
    }
    if (list->candidates.empty()) {
        return fmt::format("`{}` has no files that can be installed", node.name);
    }
    const std::vector<std::uint32_t> numbers = members(*list, set);
    if (node.kind == Graph::Kind::arbitrary) {
        return fmt::format("no version of `{}` is spelled \"{}\"", node.name, node.detail);
    }
    if (numbers.empty()) {
        std::vector<std::uint32_t> all(list->candidates.size());
        for (std::uint32_t i = 0; i < all.size(); ++i) {
            all[i] = i;
        }
        const std::string range = set.to_string();
        if (all.size() == 1) {
            return fmt::format("`{}` exists only as {}", node.name,
                               list->candidates[0].version.to_string());
        }
        return fmt::format("no version of `{}` meets `{}` (the newest is {})", node.name, range,
                           list->candidates.back().version.to_string());
    }
    std::vector<std::string> clauses;
    std::size_t said = 0;
    for (const Group& group : group_by_obstacle(*list, numbers)) {
        if (clauses.size() == max_groups) {
            clauses.push_back(
                fmt::format("{} other versions cannot be used either", numbers.size() - said));
            break;
        }
        const Phrase who = name_versions(node.name, *list, group.numbers);
        clauses.push_back(
            fmt::format("{} {}", who.text,
                        predicate(group.obstacle, group.detail, group.families, who.plural)));
        said += group.numbers.size();
    }
    return enumerate(clauses);
}

std::string Words::forbidden(PackageId package, const pep::VersionSet& set) const {
    return fmt::format("your constraints allow only {}",
                       with_bounds(m_graph.node(package).name, set.complement()));
}

bool Words::is_obvious(PackageId package, PackageId dependency) const {
    const Graph::Node& node = m_graph.node(package);
    return (node.kind == Graph::Kind::extra || node.kind == Graph::Kind::arbitrary) &&
           node.base == dependency;
}

} // namespace pymode::resolving

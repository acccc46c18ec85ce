// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/resolve/memory_provider.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "core/pep/requirement.hpp"

namespace pymode::pubgrub::test {

MemoryProvider::MemoryProvider(const Universe& universe) : m_universe(universe) {
    m_packages.push_back({"root", {}});
}

PackageId MemoryProvider::intern(const std::string& name) {
    const auto [place, is_new] = m_ids.try_emplace(name, static_cast<PackageId>(m_packages.size()));
    if (is_new) {
        Package package{name, {}};
        if (const auto found = m_universe.packages.find(name); found != m_universe.packages.end()) {
            for (const auto& [version, requirements] : found->second) {
                package.entries.push_back({pep::Version::parse(version).value(), requirements});
            }
        }
        std::ranges::sort(package.entries, {}, &Entry::version);
        m_packages.push_back(std::move(package));
    }
    return place->second;
}

std::vector<Dependency> MemoryProvider::lower(const std::vector<std::string>& requirements) {
    std::vector<Dependency> lowered;
    for (const std::string& text : requirements) {
        const auto requirement = pep::Requirement::parse(text).value();
        lowered.push_back({intern(requirement.name), requirement.specifiers.versions()});
    }
    return lowered;
}

Expected<std::optional<Choice>>
MemoryProvider::choose(PackageId package, const pep::VersionSet& versions, const Choice* /*base*/) {
    const std::vector<Entry>& entries = m_packages[package].entries;
    for (std::size_t i = entries.size(); i-- > 0;) {
        if (versions.contains(entries[i].version)) {
            const auto begin = i == 0 ? pep::Cut::lowest() : pep::Cut::before(entries[i].version);
            const auto end = i + 1 == entries.size() ? pep::Cut::highest()
                                                     : pep::Cut::before(entries[i + 1].version);
            return Choice{static_cast<std::uint32_t>(i), entries[i].version,
                          pep::VersionSet::between(begin, end)};
        }
    }
    return std::nullopt;
}

Expected<Dependencies> MemoryProvider::dependencies(PackageId package, const Choice& choice) {
    if (package == root_package) {
        return lower(m_universe.root);
    }
    ++asked;
    const std::vector<std::string> requirements =
        m_packages[package].entries[choice.number].requires_dist;
    if (requirements == std::vector<std::string>{"broken"}) {
        return Unusable{};
    }
    return lower(requirements);
}

Phrase MemoryProvider::versions(PackageId package, const pep::VersionSet& set) const {
    if (package == root_package) {
        return {"root", false, ""};
    }
    const Package& known = m_packages[package];
    std::vector<std::string> inside;
    for (const Entry& entry : known.entries) {
        if (set.contains(entry.version)) {
            inside.push_back(entry.version.to_string());
        }
    }
    if (inside.size() == known.entries.size() && inside.size() > 1) {
        return {"every " + known.name, false, "no " + known.name};
    }
    return {
        fmt::format("{} {}", known.name,
                    inside.empty() ? set.to_string() : fmt::format("{}", fmt::join(inside, ", "))),
        inside.size() > 1, ""};
}

std::string MemoryProvider::requirement(PackageId package, const pep::VersionSet& set) const {
    return m_packages[package].name + (set.is_all() ? "" : set.to_string());
}

std::string MemoryProvider::unavailable(PackageId package, const pep::VersionSet& set) const {
    return fmt::format("there is no {}", requirement(package, set));
}

std::string MemoryProvider::forbidden(PackageId package, const pep::VersionSet& set) const {
    return fmt::format("{} is forbidden", requirement(package, set));
}

Selection MemoryProvider::selection(const std::vector<Selected>& selected) const {
    Selection result;
    for (const Selected& one : selected) {
        if (one.package != root_package) {
            result[m_packages[one.package].name] = one.choice.version.to_string();
        }
    }
    return result;
}

Answer solve(const Universe& universe) {
    MemoryProvider provider(universe);
    Solver solver(provider);
    const auto outcome = solver.run();
    REQUIRE(outcome);
    Answer answer;
    answer.statistics = solver.statistics();
    answer.asked = provider.asked;
    if (const auto* selected = std::get_if<std::vector<Selected>>(&*outcome)) {
        answer.selection = provider.selection(*selected);
    } else {
        answer.sentences =
            explain(solver.store(), std::get<Solver::Failure>(*outcome).proof, provider);
    }
    return answer;
}

} // namespace pymode::pubgrub::test

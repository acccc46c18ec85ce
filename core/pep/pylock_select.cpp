// SPDX-License-Identifier: MIT
// What of a lock file is to be installed.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/pep/name.hpp"
#include "core/pep/pylock.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::pep {

namespace {

std::vector<std::string> normalized(const std::vector<std::string>& names) {
    std::vector<std::string> result;
    std::ranges::transform(names, std::back_inserter(result),
                           [](const std::string& name) { return normalize_name(name); });
    return result;
}

// Pre-releases of Python count: a lock for ">=3.12" installs on a beta of 3.13.
Expected<void> check_python(const std::optional<SpecifierSet>& wanted,
                            const Environment& environment, const std::string& who) {
    std::string full = environment.python_full_version;
    full += full.ends_with('+') ? "local" : ""; // a build from a checkout
    if (!wanted || wanted->admits(full)) {
        return {};
    }
    return fail(ErrorCode::config,
                fmt::format("{} needs Python {}, this is {}", who, wanted->to_string(),
                            environment.python_full_version));
}

Expected<void> check_lock(const Lock& lock, const LockRequest& request, const LockChoice& choice) {
    if (auto checked = check_python(lock.requires_python, request.environment, "the lock file");
        !checked) {
        return checked;
    }
    const auto holds = [&](const Marker& marker) {
        return marker.holds(request.environment, choice);
    };
    if (lock.environments && !std::ranges::any_of(*lock.environments, holds)) {
        return fail(ErrorCode::config,
                    "the lock file was made for other environments than this one",
                    "lock again for this target: pymode lock");
    }
    return {};
}

const LockFile* best_wheel(const LockPackage& package, const TagTable& tags) {
    const LockFile* best = nullptr;
    std::optional<WheelName> best_name;
    for (const LockFile& wheel : package.wheels) {
        auto name = WheelName::parse(wheel.file_name());
        if (!name || !tags.rank(name->tags)) {
            continue;
        }
        if (best == nullptr ||
            is_better_wheel(tags, *name, wheel.file_name(), *best_name, best->file_name())) {
            best = &wheel;
            best_name = std::move(*name);
        }
    }
    return best;
}

Expected<LockedPackage> choose_source(const LockPackage& package, const TagTable& tags) {
    using Kind = LockedPackage::Kind;
    if (package.vcs) {
        return LockedPackage{&package, Kind::vcs, nullptr};
    }
    if (package.directory) {
        return LockedPackage{&package, Kind::directory, nullptr};
    }
    if (package.archive) {
        return LockedPackage{&package, Kind::archive, &*package.archive};
    }
    if (const LockFile* wheel = best_wheel(package, tags)) {
        return LockedPackage{&package, Kind::wheel, wheel};
    }
    if (package.sdist) {
        return LockedPackage{&package, Kind::sdist, &*package.sdist};
    }
    return fail(ErrorCode::not_found,
                fmt::format("the lock file has no wheel of {} for this target", package.name));
}

} // namespace

Expected<std::vector<LockedPackage>> select_packages(const Lock& lock, const LockRequest& request,
                                                     const TagTable& tags) {
    const LockChoice choice{normalized(request.extras),
                            normalized(request.dependency_groups.value_or(lock.default_groups))};
    if (auto checked = check_lock(lock, request, choice); !checked) {
        return propagate(checked);
    }
    std::vector<LockedPackage> selected;
    std::map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < lock.packages.size(); ++i) {
        const LockPackage& package = lock.packages[i];
        if (package.marker && !package.marker->holds(request.environment, choice)) {
            continue;
        }
        if (auto checked = check_python(package.requires_python, request.environment, package.name);
            !checked) {
            return propagate(checked, fmt::format("at packages[{}] of the lock file", i));
        }
        const auto [place, is_new] = places.emplace(package.name, i);
        if (!is_new) {
            return fail(ErrorCode::config,
                        fmt::format("the lock file selects {} twice: packages[{}] and packages[{}]",
                                    package.name, place->second, i));
        }
        auto chosen = choose_source(package, tags);
        if (!chosen) {
            return propagate(chosen, fmt::format("at packages[{}] of the lock file", i));
        }
        selected.push_back(*chosen);
    }
    return selected;
}

} // namespace pymode::pep

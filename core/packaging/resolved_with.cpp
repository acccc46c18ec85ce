// SPDX-License-Identifier: MIT
#include "core/packaging/resolved_with.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/pep/name.hpp"

namespace pymode {

namespace {

std::set<std::string> canonical_requirements(const pep::CoreMetadata& metadata) {
    std::set<std::string> texts;
    for (const pep::Requirement& requirement : metadata.requires_dist) {
        pep::Requirement copy = requirement;
        copy.name = requirement.normalized_name();
        texts.insert(copy.canonical());
    }
    return texts;
}

std::string python_range(const pep::CoreMetadata& metadata) {
    return metadata.requires_python ? metadata.requires_python->canonical() : "";
}

std::string first_missing(const std::set<std::string>& ours, const std::set<std::string>& theirs) {
    const auto found =
        std::ranges::find_if(ours, [&](const std::string& each) { return !theirs.contains(each); });
    return found == ours.end() ? "" : *found;
}

// "the wheel also requires `x`", or that it does not.
std::string requirement_difference(const std::set<std::string>& inside,
                                   const std::set<std::string>& known) {
    if (const std::string more = first_missing(inside, known); !more.empty()) {
        return fmt::format("the wheel also requires `{}`", more);
    }
    if (const std::string less = first_missing(known, inside); !less.empty()) {
        return fmt::format("the wheel does not require `{}`", less);
    }
    return "";
}

} // namespace

std::string resolution_fields(const pep::CoreMetadata& metadata) {
    std::string text = fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", metadata.name,
                                   metadata.version.to_string());
    if (metadata.requires_python) {
        text += fmt::format("Requires-Python: {}\n", metadata.requires_python->to_string());
    }
    for (const std::string& extra : metadata.provides_extra) {
        text += fmt::format("Provides-Extra: {}\n", extra);
    }
    for (const pep::Requirement& requirement : metadata.requires_dist) {
        text += fmt::format("Requires-Dist: {}\n", requirement.to_string());
    }
    return text;
}

std::string metadata_difference(const pep::CoreMetadata& inside, const pep::CoreMetadata& known) {
    if (pep::normalize_name(inside.name) != pep::normalize_name(known.name) ||
        inside.version != known.version) {
        return fmt::format("the wheel is {} {}, the index says {} {}", inside.name,
                           inside.version.to_string(), known.name, known.version.to_string());
    }
    if (std::string difference =
            requirement_difference(canonical_requirements(inside), canonical_requirements(known));
        !difference.empty()) {
        return difference;
    }
    if (python_range(inside) != python_range(known)) {
        return fmt::format("the wheel says Requires-Python \"{}\", the index \"{}\"",
                           python_range(inside), python_range(known));
    }
    if (std::set(inside.provides_extra.begin(), inside.provides_extra.end()) !=
        std::set(known.provides_extra.begin(), known.provides_extra.end())) {
        return "their extras differ";
    }
    return "";
}

std::string needs_difference(const pep::CoreMetadata& inside, const LockedNeeds& locked,
                             const pep::Environment& environment) {
    std::set<std::string> needed;
    for (const pep::Requirement& requirement : inside.requires_dist) {
        // Each extra for itself, as the resolver does it.
        const bool counts = requirement.applies(environment) ||
                            std::ranges::any_of(locked.extras, [&](const std::string& extra) {
                                return requirement.applies(environment, {&extra, 1});
                            });
        const std::string name = requirement.normalized_name();
        if (counts && !locked.overridden.contains(name) &&
            name != pep::normalize_name(inside.name)) {
            needed.insert(name);
        }
    }
    std::set<std::string> known;
    std::ranges::set_difference(locked.dependencies, locked.overridden,
                                std::inserter(known, known.end()));
    if (std::string difference = requirement_difference(needed, known); !difference.empty()) {
        return difference;
    }
    if (python_range(inside) != locked.requires_python) {
        return fmt::format("the wheel says Requires-Python \"{}\", the lock \"{}\"",
                           python_range(inside), locked.requires_python);
    }
    return "";
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/policy.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/packaging/resolve/direct_file.hpp"
#include "core/pep/name.hpp"

namespace pymode::resolving {

namespace {

bool is_upper_bound(const pep::Specifier& specifier) {
    using enum pep::Operator;
    switch (specifier.op) {
    case compatible:
    case equal:
    case arbitrary:
    case less:
    case less_equal:
        return true;
    case not_equal:
    case greater:
    case greater_equal:
        break;
    }
    return false;
}

Expected<> take_url(UserWord& word, const std::string& name, const std::string& url) {
    auto file = direct_file(name, url);
    if (!file) {
        return propagate(file);
    }
    if (word.direct && word.direct->url != file->url) {
        return fail(ErrorCode::config, fmt::format("`{}` is required from two places: {} and {}",
                                                   name, word.direct->url, file->url));
    }
    if (word.direct) {
        file->hashes.merge(word.direct->hashes);
    }
    word.direct = *std::move(file);
    return {};
}

enum class Source { requirement, constraint, override };

Expected<> take(Policy& policy, const pep::Requirement& requirement, Source source) {
    const std::string name = requirement.normalized_name();
    UserWord& word = policy.words[name];
    word.overridden |= source == Source::override;
    if (!requirement.applies(policy.request->target.environment)) {
        return {};
    }
    word.required |= source == Source::requirement;
    if (requirement.url) {
        word.bounded = true;
        if (auto taken = take_url(word, name, *requirement.url); !taken) {
            return taken;
        }
    }
    const pep::SpecifierSet& specifiers = requirement.specifiers;
    word.names_prerelease |= specifiers.names_prerelease();
    word.bounded |= std::ranges::any_of(specifiers.specifiers(), is_upper_bound);
    if (specifiers.is_pin()) {
        word.pinned = word.pinned.unite(specifiers.versions());
    }
    if (source == Source::constraint && !requirement.url) {
        word.allowed =
            word.allowed ? word.allowed->intersect(specifiers.versions()) : specifiers.versions();
    }
    if (source == Source::override) {
        word.overrides.push_back(&requirement);
    }
    return {};
}

Expected<> check_self(const ResolveRequest& request, const pep::Requirement& requirement) {
    if (request.project_name.empty() || !requirement.extras.empty() ||
        requirement.normalized_name() != pep::normalize_name(request.project_name)) {
        return {};
    }
    return fail(ErrorCode::config,
                fmt::format("the project `{}` requires itself", request.project_name),
                fmt::format("remove `{}` from its dependencies, or give the project another name "
                            "if a package of this name is meant",
                            requirement.to_string()));
}

} // namespace

const UserWord* Policy::word(std::string_view name) const {
    const auto found = words.find(name);
    return found == words.end() ? nullptr : &found->second;
}

const pep::Version* Policy::preference(std::string_view name) const {
    const auto found = request->preferences.find(name);
    return found == request->preferences.end() ? nullptr : &found->second;
}

std::string Policy::project() const {
    return request->project_name.empty() ? "your project"
                                         : fmt::format("`{}`", request->project_name);
}

Expected<Policy> make_policy(const ResolveRequest& request) {
    Policy policy;
    policy.request = &request;
    policy.python = request.target.python.is_prerelease() ? request.target.python.base_version()
                                                          : request.target.python;
    if (request.exclude_newer) {
        policy.exclude_newer = parse_timestamp(*request.exclude_newer);
        if (!policy.exclude_newer) {
            return fail(ErrorCode::config,
                        fmt::format("\"{}\" is neither a date nor a time", *request.exclude_newer),
                        "write it as 2026-01-31 or 2026-01-31T12:00:00Z");
        }
    }
    for (const RootRequirement& root : request.requirements) {
        if (auto checked = check_self(request, root.requirement); !checked) {
            return propagate(checked);
        }
        if (auto taken = take(policy, root.requirement, Source::requirement); !taken) {
            return propagate(taken);
        }
    }
    for (const pep::Requirement& constraint : request.constraints) {
        if (auto taken = take(policy, constraint, Source::constraint); !taken) {
            return propagate(taken);
        }
    }
    for (const pep::Requirement& replacement : request.overrides) {
        if (auto taken = take(policy, replacement, Source::override); !taken) {
            return propagate(taken);
        }
    }
    return policy;
}

} // namespace pymode::resolving

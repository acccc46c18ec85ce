// SPDX-License-Identifier: MIT
#include "core/packaging/workflow.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/packaging/resolved_with.hpp"
#include "core/pep/name.hpp"

namespace pymode {

namespace {

namespace fs = std::filesystem;

ResolutionMode mode_of(const LockSettings& settings) {
    if (settings.resolution == "lowest") {
        return ResolutionMode::lowest;
    }
    return settings.resolution == "lowest-direct" ? ResolutionMode::lowest_direct
                                                  : ResolutionMode::highest;
}

Expected<std::optional<pep::Lock>> parse_old(const std::optional<std::string>& text,
                                             const LockRequestOptions& options) {
    if (!text) {
        if (options.mode == LockMode::update) {
            return std::nullopt;
        }
        return fail(ErrorCode::config, fmt::format("there is no {}", kLockFileName),
                    "`pymode lock` makes it");
    }
    Expected<pep::Lock> lock = parse_project_lock(*text);
    if (!lock) {
        return propagate(lock);
    }
    return std::optional(std::move(*lock));
}

ResolveRequest request_of(const ProjectInputs& inputs, const Target& target,
                          const std::optional<pep::Lock>& old, const LockRequestOptions& options) {
    const std::string& newest = options.settings.exclude_newer;
    ResolveRequest request{
        .target = target,
        .project_name = inputs.name,
        .requirements = inputs.requirements,
        .constraints = inputs.config.constraints,
        .overrides = inputs.config.overrides,
        .preferences = {},
        .prereleases = parse_prerelease(options.settings.prerelease)
                           .value_or(pep::PrereleasePolicy::if_needed),
        .mode = mode_of(options.settings),
        .exclude_newer = newest.empty() ? std::nullopt : std::optional(newest),
        .ignore_requires_python = options.ignore_requires_python,
        .known_names = options.known_names,
    };
    std::ranges::copy(options.constraints, std::back_inserter(request.constraints));
    std::vector<std::string> unlocked;
    for (const pep::Requirement& upgrade : options.upgrades) {
        unlocked.push_back(upgrade.normalized_name());
        if (!upgrade.specifiers.empty()) {
            pep::Requirement constraint = upgrade;
            constraint.extras.clear();
            request.constraints.push_back(std::move(constraint));
        }
    }
    if (old) {
        request.preferences = preferences_of(
            *old, options.upgrade_all ? std::nullopt : std::optional(std::move(unlocked)));
    }
    return request;
}

// Wheels of folders come without hashes, and a lock needs one of each.
Expected<> fill_hashes(Resolution& resolution, const LockRequestOptions& options,
                       PackageTools& tools) {
    std::vector<DistFile> unknown;
    std::vector<ResolvedPackage*> packages;
    for (ResolvedPackage& package : resolution.packages) {
        if (package.wheel.hashes.empty()) {
            if (options.require_hashes && !options.hashes.contains(package.name)) {
                return fail(ErrorCode::config,
                            fmt::format("no hash of {} is known that counts (md5 and sha1 "
                                        "do not), and hashes are required",
                                        package.wheel.filename),
                            "leave out --require-hashes to trust the file as it is now");
            }
            unknown.push_back(package.wheel);
            packages.push_back(&package);
        }
    }
    if (unknown.empty()) {
        return {};
    }
    auto paths = tools.source.fetch(unknown, tools.on_fetch);
    if (!paths) {
        return propagate(paths);
    }
    for (std::size_t i = 0; i < packages.size(); ++i) {
        Expected<std::string> digest = sha256_file((*paths)[i]);
        if (!digest) {
            return propagate(digest);
        }
        DistFile& wheel = packages[i]->wheel;
        wheel.hashes["sha256"] = *digest;
        std::error_code error;
        const auto size = fs::file_size((*paths)[i], error);
        if (!error && !wheel.size) {
            wheel.size = size;
        }
    }
    return {};
}

Expected<LockOutcome> resolve_anew(const ProjectInputs& inputs, const Target& target,
                                   const std::optional<pep::Lock>& old,
                                   const LockRequestOptions& options, PackageTools& tools) {
    HashedSource hashed(tools.source, options.hashes,
                        options.require_hashes && !options.hashes.empty());
    PackageSource& source =
        options.hashes.empty() ? tools.source : static_cast<PackageSource&>(hashed);
    PackageTools with_hashes{source,         tools.resolve, tools.install, tools.read_installed,
                             tools.on_fetch, tools.clock};
    Expected<Resolution> resolution =
        tools.resolve(request_of(inputs, target, old, options), source);
    if (!resolution) {
        return propagate(resolution);
    }
    if (Expected<> filled = fill_hashes(*resolution, options, with_hashes); !filled) {
        return propagate(filled);
    }
    Expected<pep::Lock> lock = make_lock(inputs, target, options.settings, *resolution);
    if (!lock) {
        return propagate(lock);
    }
    LockOutcome outcome;
    outcome.lock = std::move(*lock);
    outcome.resolved = true;
    outcome.warnings = std::move(resolution->warnings);
    for (const ResolvedPackage& package : resolution->packages) {
        if (package.metadata) {
            outcome.metadata.emplace(package.name, package.metadata);
        }
    }
    return outcome;
}

// --- installing

std::string joined_names(const std::vector<std::string>& names) {
    return join(names, ",");
}

// "SHA256;extras=a,b;groups=c;only": the archive keeps the selection with the digest.
std::string digest_text(const std::string& hash, const LockSelection& selection) {
    return fmt::format("{};extras={};groups={}{}", hash, joined_names(selection.extras),
                       joined_names(selection.groups), selection.only_groups ? ";only" : "");
}

std::string digest_of(const std::vector<LockedItem>& items, const std::set<std::string>& requested,
                      const InstallSettings& settings) {
    std::string text = fmt::format("{}\n", settings.trim);
    for (const LockedItem& item : items) {
        text += fmt::format("{} {} {} {}", item.name, item.version.to_string(), item.wheel.filename,
                            requested.contains(item.name));
        for (const auto& [algorithm, digest] : item.wheel.hashes) {
            text += fmt::format(" {}:{}", algorithm, digest);
        }
        text += '\n';
    }
    return digest_text(sha256_hex(as_bytes(text)), settings.selection);
}

// Names that the chosen parts of the project state themselves.
std::set<std::string> requested_names(const ProjectInputs& inputs, const LockSelection& selection) {
    using Section = RootRequirement::Section;
    std::set<std::string> names;
    for (const RootRequirement& root : inputs.requirements) {
        const auto in = [&](const std::vector<std::string>& chosen) {
            return std::ranges::find(chosen, root.section_name) != chosen.end();
        };
        const bool counts = root.section == Section::project ? !selection.only_groups
                            : root.section == Section::extra ? in(selection.extras)
                                                             : in(selection.groups);
        if (counts) {
            names.insert(root.requirement.normalized_name());
        }
    }
    return names;
}

std::vector<InstallChange> changes_between(const std::vector<InstalledPackage>& before,
                                           const std::vector<LockedItem>& after) {
    using Kind = InstallChange::Kind;
    std::map<std::string, std::string> old_versions;
    for (const InstalledPackage& package : before) {
        old_versions[package.name] = package.version;
    }
    std::vector<InstallChange> changes;
    std::set<std::string_view> names;
    for (const LockedItem& item : after) {
        names.insert(item.name);
        const std::string version = item.version.to_string();
        const auto old = old_versions.find(item.name);
        if (old != old_versions.end() && old->second == version) {
            continue;
        }
        if (old != old_versions.end()) {
            changes.push_back({Kind::removed, {item.name, old->second}});
        }
        changes.push_back({Kind::added, {item.name, version}});
    }
    for (const auto& [name, version] : old_versions) {
        if (!names.contains(name)) {
            changes.push_back({Kind::removed, {name, version}});
        }
    }
    std::ranges::stable_sort(changes, {},
                             [](const InstallChange& change) { return change.package.name; });
    return changes;
}

} // namespace

Expected<LockOutcome> lock_project(const ProjectInputs& inputs, const Target& target,
                                   const std::optional<std::string>& old_text,
                                   const LockRequestOptions& options, PackageTools& tools) {
    const Stopwatch watch(tools.clock);
    Expected<std::optional<pep::Lock>> old = parse_old(old_text, options);
    if (!old) {
        return propagate(old);
    }
    LockOutcome outcome;
    if (options.mode == LockMode::frozen) {
        outcome.lock = std::move(**old);
        outcome.text = *old_text;
        return outcome;
    }
    const auto mismatch =
        *old ? lock_mismatch(**old, inputs, target, options.settings) : std::nullopt;
    if (options.mode == LockMode::locked && mismatch) {
        return fail(ErrorCode::config,
                    fmt::format("{} does not fit pyproject.toml: {}", kLockFileName, *mismatch),
                    "`pymode lock` brings it up to date");
    }
    const bool upgrading = options.upgrade_all || !options.upgrades.empty();
    const bool demanding = !options.constraints.empty() || !options.hashes.empty();
    if (*old && !mismatch && (options.mode == LockMode::locked || !(upgrading || demanding))) {
        outcome.lock = std::move(**old);
        outcome.text = *old_text;
        outcome.time = watch.elapsed();
        return outcome;
    }
    if (*old && settings_of(**old) != options.settings) {
        old->reset(); // versions that other rules chose are not worth keeping
    }
    Expected<LockOutcome> made = resolve_anew(inputs, target, *old, options, tools);
    if (!made) {
        return made;
    }
    made->text = pep::write_lock(made->lock);
    made->changed = !old_text || *old_text != made->text;
    made->time = watch.elapsed();
    return made;
}

Expected<AddOutcome> add_to_project(std::string_view text, const AddRequest& request,
                                    const pep::Lock* lock) {
    AddOutcome outcome{std::string(text), {}};
    for (edit::NewRequirement added : request.requirements) {
        Expected<edit::Added> done = edit::add_requirement(outcome.text, request.list, added);
        if (done && done->is_new && lock && added.raw.empty() &&
            added.requirement.specifiers.empty() && !added.requirement.url) {
            const auto found = std::ranges::find(
                lock->packages, added.requirement.normalized_name(), &pep::LockPackage::name);
            if (found != lock->packages.end() && found->version && !found->archive) {
                Expected<pep::SpecifierSet> bounds =
                    pep::SpecifierSet::parse(edit::bounds_for(*found->version, request.bounds));
                if (!bounds) {
                    return propagate(bounds);
                }
                added.requirement.specifiers = std::move(*bounds);
                done = edit::add_requirement(outcome.text, request.list, added);
            }
        }
        if (!done) {
            return propagate(done);
        }
        outcome.text = std::move(done->text);
        const std::string name = added.requirement.normalized_name();
        if (const auto path = request.paths.find(name); path != request.paths.end()) {
            Expected<std::string> text_with_source =
                edit::set_source_path(outcome.text, name, path->second);
            if (!text_with_source) {
                return propagate(text_with_source);
            }
            outcome.text = std::move(*text_with_source);
        }
        outcome.written.push_back(std::move(done->requirement));
    }
    return outcome;
}

std::filesystem::path site_packages_path(const std::filesystem::path& root) {
    return root / ".pymode" / "site-packages.zip";
}

std::optional<LockSelection> selection_of(const InstalledState& state) {
    const auto parts = split(state.input_digest, ';');
    constexpr std::string_view extras = "extras=";
    constexpr std::string_view groups = "groups=";
    if (parts.size() < 3 || !parts[1].starts_with(extras) || !parts[2].starts_with(groups)) {
        return std::nullopt;
    }
    const auto names = [](std::string_view text) {
        std::vector<std::string> result;
        for (const std::string_view name : split(text, ',')) {
            if (!name.empty()) {
                result.emplace_back(name);
            }
        }
        return result;
    };
    return LockSelection{names(parts[1].substr(extras.size())),
                         names(parts[2].substr(groups.size())),
                         parts.size() > 3 && parts[3] == "only"};
}

Expected<InstallPlan> plan_install(const ProjectInputs& inputs, const Target& target,
                                   const LockOutcome& lock, const InstallSettings& settings,
                                   PackageTools& tools) {
    InstallPlan plan;
    Expected<std::vector<LockedItem>> items =
        items_of(lock.lock, inputs, target, settings.selection);
    if (!items) {
        return propagate(items);
    }
    plan.items = std::move(*items);
    for (const LockedItem& item : plan.items) {
        const auto known = lock.metadata.find(item.name);
        plan.resolved_metadata.push_back(
            known == lock.metadata.end() ? "" : resolution_fields(*known->second));
    }
    const std::set<std::string> requested = requested_names(inputs, settings.selection);
    plan.digest = digest_of(plan.items, requested, settings);
    // An archive that cannot be read is replaced, as the lock says all that was in it.
    const auto installed = tools.read_installed(site_packages_path(inputs.root));
    const bool readable = installed && *installed;
    plan.changes = changes_between(
        readable ? (*installed)->packages : std::vector<InstalledPackage>{}, plan.items);
    plan.up_to_date = readable ? (*installed)->input_digest == plan.digest
                               : installed && plan.items.empty() && requested.empty();
    return plan;
}

Expected<FetchOutcome> run_install(const ProjectInputs& inputs, const Target& runtime,
                                   const InstallPlan& plan, const InstallSettings& settings,
                                   const fs::path& target, PackageTools& tools) {
    FetchOutcome outcome;
    const Stopwatch fetching(tools.clock);
    std::vector<DistFile> wheels;
    for (const LockedItem& item : plan.items) {
        wheels.push_back(item.wheel);
    }
    std::set<std::string> fetched;
    auto paths = tools.source.fetch(wheels, [&](const FetchProgress& progress) {
        if (progress.received > 0) {
            fetched.insert(progress.filename);
        }
        if (tools.on_fetch) {
            tools.on_fetch(progress);
        }
    });
    if (!paths) {
        return propagate(paths);
    }
    outcome.fetched = fetched.size();
    outcome.fetch_time = fetching.elapsed();
    const Stopwatch installing(tools.clock);
    const auto requested = requested_names(inputs, settings.selection);
    std::vector<InstallItem> items;
    for (std::size_t i = 0; i < plan.items.size(); ++i) {
        const LockedItem& item = plan.items[i];
        items.push_back({item.name, item.version, item.wheel, (*paths)[i],
                         requested.contains(item.name), plan.resolved_metadata[i], item.needs});
    }
    InstallOptions options;
    options.trim = settings.trim;
    options.record = settings.record;
    options.metadata = settings.metadata;
    options.environment = runtime.environment;
    options.cache = settings.cache;
    options.input_digest = plan.digest;
    options.log = settings.log;
    Expected<InstallReport> report = tools.install(items, options, target);
    if (!report) {
        return propagate(report);
    }
    outcome.report = std::move(*report);
    outcome.install_time = installing.elapsed();
    return outcome;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/lock_file.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/file_url.hpp"
#include "core/packaging/index/url.hpp"
#include "core/pep/direct_url.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode {

namespace {

constexpr std::string_view kWheelhouseUrl = "wheelhouse:"; // of a DistFile
constexpr const char* kTool = "pymode";

Expected<pep::Marker> environment_marker(const Target& target) {
    const pep::Environment& environment = target.environment;
    return pep::Marker::parse(
        fmt::format("sys_platform == '{}' and platform_machine == '{}' and python_version == '{}'",
                    environment.sys_platform, environment.platform_machine,
                    environment.python_version),
        pep::MarkerContext::lock_file);
}

// An override takes the place of what the project itself requires, too.
std::vector<RootRequirement> effective_roots(const ProjectInputs& inputs) {
    std::vector<RootRequirement> roots;
    for (const RootRequirement& root : inputs.requirements) {
        bool overridden = false;
        for (const pep::Requirement& requirement : inputs.config.overrides) {
            if (requirement.normalized_name() == root.requirement.normalized_name()) {
                overridden = true;
                roots.push_back({requirement, root.section, root.section_name});
            }
        }
        if (!overridden) {
            roots.push_back(root);
        }
    }
    return roots;
}

pep::LockFile lock_file_of(const DistFile& wheel, const fs::path& root) {
    pep::LockFile file;
    file.upload_time = wheel.upload_time;
    file.size = wheel.size;
    file.hashes = wheel.hashes;
    if (wheel.origin == Origin::wheelhouse) {
        file.url = std::string(kWheelhouseScheme) + wheel.filename;
    } else if (const auto path = path_of_file_url(wheel.url)) {
        file.path = path->lexically_proximate(root).generic_string();
    } else {
        file.url = pep::strip_credentials(wheel.url, {});
    }
    if (file.file_name() != wheel.filename) {
        file.name = wheel.filename;
    }
    return file;
}

bool is_plain(const ResolvedDependency& dependency) {
    return dependency.extras.empty() && dependency.through_extras.empty();
}

// What `dependencies` cannot say, for `tree`, `why` and the comparison with the project; an install
// never looks at it. A package in `needs` has all its edges there.
pep::Value tool_of(const ResolvedPackage& package) {
    std::set<std::string_view> special;
    for (const ResolvedDependency& dependency : package.dependencies) {
        if (!is_plain(dependency)) {
            special.insert(dependency.name);
        }
    }
    pep::Value needs = pep::Value::array();
    for (const ResolvedDependency& dependency : package.dependencies) {
        if (special.contains(dependency.name)) {
            pep::Value edge = {{"name", dependency.name}};
            if (!dependency.extras.empty()) {
                edge["extras"] = dependency.extras;
            }
            if (!dependency.through_extras.empty()) {
                edge["through"] = dependency.through_extras;
            }
            needs.push_back(std::move(edge));
        }
    }
    pep::Value table = pep::Value::object();
    if (!package.extras.empty()) {
        table["extras"] = package.extras;
    }
    if (!needs.empty()) {
        table["needs"] = std::move(needs);
    }
    return table.empty() ? pep::Value() : pep::Value{{kTool, std::move(table)}};
}

pep::LockPackage lock_package(const ResolvedPackage& package, const fs::path& root) {
    pep::LockPackage entry;
    entry.name = package.name;
    entry.version = package.version;
    if (package.requires_python) {
        if (auto parsed = pep::SpecifierSet::parse(*package.requires_python); parsed) {
            entry.requires_python = std::move(*parsed);
        }
    }
    for (const ResolvedDependency& dependency : package.dependencies) {
        pep::Value table = {{"name", dependency.name}};
        if (std::ranges::find(entry.dependencies, table) == entry.dependencies.end()) {
            entry.dependencies.push_back(std::move(table));
        }
    }
    pep::LockFile file = lock_file_of(package.wheel, root);
    if (package.wheel.origin == Origin::direct) {
        entry.archive = std::move(file);
    } else {
        if (package.wheel.origin == Origin::index && !package.wheel.index.empty()) {
            entry.index = pep::strip_credentials(package.wheel.index, {});
        }
        entry.wheels.push_back(std::move(file));
    }
    entry.tool = tool_of(package);
    return entry;
}

pep::Value settings_table(const LockSettings& settings) {
    pep::Value table = pep::Value::object();
    const LockSettings defaults;
    if (settings.resolution != defaults.resolution) {
        table["resolution"] = settings.resolution;
    }
    if (settings.prerelease != defaults.prerelease) {
        table["prerelease"] = settings.prerelease;
    }
    if (!settings.exclude_newer.empty()) {
        table["exclude-newer"] = settings.exclude_newer;
    }
    return table;
}

std::vector<std::string> override_texts(const ProjectInputs& inputs) {
    std::vector<std::string> texts;
    for (const pep::Requirement& requirement : inputs.config.overrides) {
        texts.push_back(requirement.canonical());
    }
    std::ranges::sort(texts);
    return texts;
}

const pep::Value* tool_table(const pep::Value& tool) {
    if (tool.is_object() && tool.contains(kTool) && tool[kTool].is_object()) {
        return &tool[kTool];
    }
    return nullptr;
}

std::string text_in(const pep::Value* table, const char* key, std::string otherwise = "") {
    if (table && table->is_object() && table->contains(key) && (*table)[key].is_string()) {
        return (*table)[key].get<std::string>();
    }
    return otherwise;
}

std::vector<std::string> texts_in(const pep::Value* table, const char* key) {
    std::vector<std::string> texts;
    if (table && table->is_object() && table->contains(key) && (*table)[key].is_array()) {
        for (const pep::Value& item : (*table)[key]) {
            if (item.is_string()) {
                texts.push_back(item.get<std::string>());
            }
        }
    }
    return texts;
}

LockSettings settings_of(const pep::Value* table) {
    const LockSettings defaults;
    return {text_in(table, "resolution", defaults.resolution),
            text_in(table, "prerelease", defaults.prerelease), text_in(table, "exclude-newer")};
}

const pep::LockPackage* find_package(const pep::Lock& lock, std::string_view name) {
    const auto found = std::ranges::find(lock.packages, name, &pep::LockPackage::name);
    return found == lock.packages.end() ? nullptr : &*found;
}

// The URL that an entry was required by, as a requirement would state it.
std::string direct_place(const pep::LockPackage& package) {
    return package.archive ? package.archive->path.value_or(package.archive->url.value_or("")) : "";
}

std::optional<std::string> requirement_mismatch(const pep::LockPackage* package,
                                                const pep::Requirement& requirement,
                                                const ProjectInputs& inputs) {
    const std::string shown = requirement.to_string();
    if (!package || !package->version) {
        return fmt::format("`{}` is not in the lock", shown);
    }
    if (requirement.url) {
        const std::string wanted =
            relative_file_url(pep::strip_credentials(*requirement.url, {}), inputs.root);
        const std::string place = direct_place(*package);
        return place == wanted.substr(0, wanted.find('#'))
                   ? std::nullopt
                   : std::optional(
                         fmt::format("the lock has another `{}` than `{}`", package->name, shown));
    }
    if (!requirement.specifiers.admits(package->version->to_string(), *package->version)) {
        return fmt::format("the lock has {} {}, which does not satisfy `{}`", package->name,
                           package->version->to_string(), shown);
    }
    return std::nullopt;
}

std::optional<std::string> extras_mismatch(const pep::LockPackage& package,
                                           const pep::Requirement& requirement) {
    const auto known = texts_in(tool_table(package.tool), "extras");
    for (const std::string& extra : requirement.normalized_extras()) {
        if (std::ranges::find(known, extra) == known.end()) {
            return fmt::format("the lock was made without the extra `{}` of `{}`", extra,
                               package.name);
        }
    }
    return std::nullopt;
}

std::optional<std::string> roots_mismatch(const pep::Lock& lock, const ProjectInputs& inputs,
                                          const Target& target) {
    for (const RootRequirement& root : effective_roots(inputs)) {
        const pep::Requirement& requirement = root.requirement;
        if (!requirement.applies(target.environment)) {
            continue;
        }
        const pep::LockPackage* package = find_package(lock, requirement.normalized_name());
        if (auto problem = requirement_mismatch(package, requirement, inputs)) {
            return problem;
        }
        if (auto problem = extras_mismatch(*package, requirement)) {
            return problem;
        }
    }
    for (const pep::Requirement& constraint : inputs.config.constraints) {
        const pep::LockPackage* package = find_package(lock, constraint.normalized_name());
        if (package && constraint.applies(target.environment)) {
            if (auto problem = requirement_mismatch(package, constraint, inputs)) {
                return problem;
            }
        }
    }
    return std::nullopt;
}

std::optional<std::string> markers_mismatch(const pep::Lock& lock, const ProjectInputs& inputs,
                                            const Target& target) {
    const auto reach = reach_of(graph_of(lock), effective_roots(inputs), target.environment);
    for (const pep::LockPackage& package : lock.packages) {
        const auto found = reach.find(package.name);
        if (found == reach.end()) {
            return fmt::format("nothing needs `{}` any more", package.name);
        }
        const std::string text = marker_text(found->second);
        const auto wanted = pep::Marker::parse(text, pep::MarkerContext::lock_file);
        const bool same =
            text.empty() ? !package.marker : wanted && package.marker && *wanted == *package.marker;
        if (!same) {
            return fmt::format("`{}` is needed by other parts of the project than before",
                               package.name);
        }
    }
    return std::nullopt;
}

std::optional<std::string> head_mismatch(const pep::Lock& lock, const ProjectInputs& inputs,
                                         const Target& target) {
    const auto marker = environment_marker(target);
    if (!marker || !lock.environments || lock.environments->size() != 1 ||
        lock.environments->front() != *marker) {
        return "the lock was made for another runtime";
    }
    if (lock.extras != inputs.extras) {
        return "the project's extras have changed";
    }
    if (lock.dependency_groups != inputs.groups) {
        return "the project's groups have changed";
    }
    if (lock.default_groups != inputs.config.default_groups) {
        return "the default groups have changed";
    }
    const auto text = [](const std::optional<pep::SpecifierSet>& set) {
        return set ? set->canonical() : std::string();
    };
    if (text(lock.requires_python) != text(inputs.requires_python)) {
        return "`requires-python` has changed";
    }
    return std::nullopt;
}

Expected<DistFile> dist_file_of(const pep::LockPackage& package, const pep::LockedPackage& chosen,
                                const fs::path& root) {
    using Kind = pep::LockedPackage::Kind;
    if (chosen.kind != Kind::wheel && chosen.kind != Kind::archive) {
        return fail(ErrorCode::config,
                    fmt::format("the lock has no wheel of `{}`, and only wheels are installed",
                                package.name),
                    "lock again: pymode lock");
    }
    DistFile file;
    file.filename = chosen.file->file_name();
    file.hashes = chosen.file->hashes;
    file.size = chosen.file->size;
    file.upload_time = chosen.file->upload_time;
    file.index = package.index.value_or("");
    if (chosen.file->path) {
        file.url = path_to_file_url((root / *chosen.file->path).lexically_normal().string());
        file.origin = Origin::find_links;
    } else {
        file.url = *chosen.file->url;
        file.origin = package.index ? Origin::index : Origin::find_links;
    }
    if (chosen.kind == Kind::archive) {
        file.origin = Origin::direct;
    } else if (file.url.starts_with(kWheelhouseScheme)) {
        file.url = std::string(kWheelhouseUrl) + file.filename;
        file.origin = Origin::wheelhouse;
    }
    if (!pep::WheelName::parse(file.filename)) {
        return fail(ErrorCode::config,
                    fmt::format("`{}` in the lock is no wheel, and only wheels are installed",
                                printable(file.filename)),
                    "lock again: pymode lock");
    }
    return file;
}

// Other programs may leave dependencies out, or write those of other environments.
std::optional<LockedNeeds> needs_of(const pep::Lock& lock, const pep::LockPackage& package,
                                    const GraphNode& node) {
    if (lock.created_by != kTool) {
        return std::nullopt;
    }
    LockedNeeds needs;
    needs.extras = node.extras;
    for (const ResolvedDependency& dependency : node.dependencies) {
        needs.dependencies.insert(dependency.name);
    }
    for (const std::string& text : texts_in(tool_table(lock.tool), "overrides")) {
        if (const auto requirement = pep::Requirement::parse(text)) {
            needs.overridden.insert(requirement->normalized_name());
        }
    }
    if (package.requires_python) {
        needs.requires_python = package.requires_python->canonical();
    }
    return needs;
}

} // namespace

LockSettings settings_of(const pep::Lock& lock) {
    return settings_of(tool_table(lock.tool));
}

Expected<pep::Lock> make_lock(const ProjectInputs& inputs, const Target& target,
                              const LockSettings& settings, const Resolution& resolution) {
    Expected<pep::Marker> environment = environment_marker(target);
    if (!environment) {
        return propagate(environment);
    }
    pep::Lock lock;
    lock.lock_version = pep::Version::parse("1.0").value();
    lock.environments = std::vector{std::move(*environment)};
    lock.requires_python = inputs.requires_python;
    lock.extras = inputs.extras;
    lock.dependency_groups = inputs.groups;
    lock.default_groups = inputs.config.default_groups;
    lock.created_by = kTool;
    const auto reach = reach_of(graph_of(resolution), effective_roots(inputs), target.environment);
    for (const ResolvedPackage& package : resolution.packages) {
        if (package.wheel.hashes.empty()) {
            return fail(ErrorCode::internal,
                        fmt::format("no hash of {} is known", package.wheel.filename));
        }
        pep::LockPackage entry = lock_package(package, inputs.root);
        const auto found = reach.find(package.name);
        const std::string marker = found == reach.end() ? "" : marker_text(found->second);
        if (!marker.empty()) {
            Expected<pep::Marker> parsed =
                pep::Marker::parse(marker, pep::MarkerContext::lock_file);
            if (!parsed) {
                return propagate(parsed);
            }
            entry.marker = std::move(*parsed);
        }
        lock.packages.push_back(std::move(entry));
    }
    pep::Value tool = settings_table(settings);
    if (const auto overrides = override_texts(inputs); !overrides.empty()) {
        tool["overrides"] = overrides;
    }
    lock.tool = {{kTool, std::move(tool)}};
    set_inputs_digest(lock, inputs, target);
    return lock;
}

void set_inputs_digest(pep::Lock& lock, const ProjectInputs& inputs, const Target& target) {
    if (!lock.tool.is_object()) {
        lock.tool = pep::Value::object();
    }
    lock.tool[kTool]["inputs"] = inputs_digest(inputs, target);
}

std::optional<std::string> lock_mismatch(const pep::Lock& lock, const ProjectInputs& inputs,
                                         const Target& target, const LockSettings& settings) {
    const pep::Value* tool = tool_table(lock.tool);
    if (settings_of(tool) != settings) {
        return "the rules for choosing versions have changed";
    }
    if (text_in(tool, "inputs") == inputs_digest(inputs, target)) {
        return std::nullopt;
    }
    if (auto problem = head_mismatch(lock, inputs, target)) {
        return problem;
    }
    if (texts_in(tool, "overrides") != override_texts(inputs)) {
        return "the overrides have changed";
    }
    if (auto problem = roots_mismatch(lock, inputs, target)) {
        return problem;
    }
    return markers_mismatch(lock, inputs, target);
}

DependencyGraph graph_of(const pep::Lock& lock) {
    DependencyGraph graph;
    for (const pep::LockPackage& package : lock.packages) {
        const pep::Value* tool = tool_table(package.tool);
        GraphNode node;
        node.version = package.version.value_or(pep::Version{});
        node.extras = texts_in(tool, "extras");
        std::set<std::string> special;
        if (tool && tool->contains("needs") && (*tool)["needs"].is_array()) {
            for (const pep::Value& edge : (*tool)["needs"]) {
                const std::string name = text_in(edge.is_object() ? &edge : nullptr, "name");
                special.insert(name);
                node.dependencies.push_back(
                    {name, texts_in(&edge, "extras"), texts_in(&edge, "through")});
            }
        }
        for (const pep::Value& entry : package.dependencies) {
            const std::string name = text_in(entry.is_object() ? &entry : nullptr, "name");
            if (!name.empty() && !special.contains(name)) {
                node.dependencies.push_back({name, {}, {}});
            }
        }
        std::ranges::stable_sort(node.dependencies, {}, &ResolvedDependency::name);
        graph.emplace(package.name, std::move(node));
    }
    return graph;
}

std::map<std::string, pep::Version, std::less<>>
preferences_of(const pep::Lock& lock, const std::optional<std::vector<std::string>>& unlocked) {
    std::map<std::string, pep::Version, std::less<>> preferences;
    for (const pep::LockPackage& package : lock.packages) {
        const bool left_out =
            !unlocked || std::ranges::find(*unlocked, package.name) != unlocked->end();
        if (package.version && !left_out) {
            preferences.emplace(package.name, *package.version);
        }
    }
    return preferences;
}

Expected<std::vector<LockedItem>> items_of(const pep::Lock& lock, const ProjectInputs& inputs,
                                           const Target& target, const LockSelection& selection) {
    const pep::LockRequest request{target.environment, selection.extras, selection.groups};
    auto selected = pep::select_packages(lock, request, target.tags.usable);
    if (!selected) {
        return propagate(selected, fmt::format("in {}", kLockFileName));
    }
    const DependencyGraph graph = graph_of(lock);
    std::map<std::string, Reach, std::less<>> reach;
    if (selection.only_groups) {
        reach = reach_of(graph, effective_roots(inputs), target.environment);
    }
    std::vector<LockedItem> items;
    for (const pep::LockedPackage& chosen : *selected) {
        const pep::LockPackage& package = *chosen.package;
        if (selection.only_groups) {
            const auto found = reach.find(package.name);
            const bool wanted = found != reach.end() &&
                                std::ranges::any_of(selection.groups, [&](const auto& group) {
                                    return found->second.groups.contains(group);
                                });
            if (!wanted) {
                continue;
            }
        }
        Expected<DistFile> wheel = dist_file_of(package, chosen, inputs.root);
        if (!wheel) {
            return propagate(wheel);
        }
        const auto name = pep::WheelName::parse(wheel->filename);
        items.push_back({package.name, package.version.value_or(name->version), std::move(*wheel),
                         needs_of(lock, package, graph.at(package.name))});
    }
    return items;
}

Expected<pep::Lock> parse_project_lock(std::string_view text) {
    Expected<pep::Lock> lock = pep::parse_lock(kLockFileName, text);
    if (!lock && lock.error().hint.empty()) {
        lock.error().hint = fmt::format("remove {} and lock again: pymode lock", kLockFileName);
    }
    return lock;
}

Expected<std::optional<pep::Lock>> read_project_lock(const fs::path& root) {
    Expected<std::string> text = read_text_file(root / kLockFileName, pep::max_lock_size);
    if (!text && text.error().code == ErrorCode::not_found) {
        return std::nullopt;
    }
    if (!text) {
        return propagate(text);
    }
    Expected<pep::Lock> lock = parse_project_lock(*text);
    if (!lock) {
        return propagate(lock);
    }
    return std::optional(std::move(*lock));
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "cli/package_options.hpp"

#include <fmt/format.h>

namespace pymode {

namespace {

constexpr const char* kSources = "Where packages come from";
constexpr const char* kVersions = "Which versions";
constexpr const char* kParts = "What is installed";

} // namespace

void add_project_option(CLI::App& command, std::string& project) {
    command.add_option("--project", project, "The project's folder (default: here, or above)");
}

void add_list_options(CLI::App& command, PackageFlags& flags, std::string_view direction) {
    ListFlags& list = flags.list;
    CLI::Option* dev = command.add_flag("--dev", list.dev,
                                        fmt::format("{} the dependency group `dev`", direction));
    CLI::Option* group = command.add_option("--group", list.group,
                                            fmt::format("{} this dependency group", direction));
    CLI::Option* optional = command.add_option(
        "--optional", list.optional, fmt::format("{} this extra of the project", direction));
    dev->excludes(group)->excludes(optional);
    group->excludes(optional);
}

edit::DependencyList list_of(const ListFlags& flags) {
    using Kind = edit::DependencyList::Kind;
    if (flags.dev) {
        return {Kind::dev, "dev"};
    }
    if (!flags.group.empty()) {
        return {Kind::group, flags.group};
    }
    if (!flags.optional.empty()) {
        return {Kind::extra, flags.optional};
    }
    return {};
}

void add_source_options(CLI::App& command, SourceFlags& flags) {
    command.add_option("--index", flags.index, "One more index, asked first: URL or NAME=URL")
        ->group(kSources)
        ->take_all()
        ->allow_extra_args(false);
    command
        .add_option("-i,--index-url,--default-index", flags.default_index,
                    "The index that is asked last, in place of the machine's own")
        ->group(kSources);
    command.add_option("--extra-index-url", flags.extra_index_urls, "One more index")
        ->group(kSources)
        ->take_all()
        ->allow_extra_args(false);
    command.add_option("-f,--find-links", flags.find_links, "A folder or page of wheels")
        ->group(kSources)
        ->take_all()
        ->allow_extra_args(false);
    command.add_flag("--no-index", flags.no_index, "Ask no index, only find-links and wheelhouse")
        ->group(kSources);
    command
        .add_option("--index-strategy", flags.index_strategy,
                    "With several indexes: first-index (default), unsafe-first-match, "
                    "unsafe-best-match")
        ->group(kSources)
        ->check(CLI::IsMember({"first-index", "unsafe-first-match", "unsafe-best-match"}));
    command.add_flag("--no-wheelhouse", flags.no_wheelhouse, "Without the wheels inside of pymode")
        ->group(kSources);
    command.add_flag("--no-config", flags.no_config, "Without the user's own pymode.toml")
        ->group(kSources);
    command.add_flag("--offline", flags.offline, "Without the network: what the cache has")
        ->group(kSources);
    command.add_flag("--refresh", flags.refresh, "Ask the indexes anew, whatever the cache has")
        ->group(kSources);
    command.add_flag("-n,--no-cache", flags.no_cache, "Without the cache")->group(kSources);
    command.add_option("--cache-dir", flags.cache_dir, "The cache's folder")->group(kSources);
}

void add_lock_mode_options(CLI::App& command, ResolveFlags& flags) {
    CLI::Option* locked = command.add_flag("--locked", flags.locked,
                                           "Fail if pylock.toml does not fit pyproject.toml");
    CLI::Option* frozen =
        command.add_flag("--frozen", flags.frozen, "Take pylock.toml as it is, resolve nothing");
    locked->excludes(frozen);
}

void add_resolve_options(CLI::App& command, ResolveFlags& flags) {
    command.add_flag("-U,--upgrade", flags.upgrade, "Let all versions of pylock.toml go")
        ->group(kVersions);
    command
        .add_option("-P,--upgrade-package", flags.upgrade_packages,
                    "Let this package's version go: NAME or NAME==VERSION")
        ->group(kVersions)
        ->take_all()
        ->allow_extra_args(false);
    command
        .add_option("--prerelease", flags.prerelease,
                    "if-necessary-or-explicit (default), explicit, allow, disallow")
        ->group(kVersions)
        ->check(CLI::IsMember({"if-necessary-or-explicit", "explicit", "allow", "disallow"}));
    command.add_flag("--pre", flags.pre, "The same as --prerelease allow")->group(kVersions);
    command
        .add_option("--resolution", flags.resolution, "highest (default), lowest, lowest-direct")
        ->group(kVersions)
        ->check(CLI::IsMember({"highest", "lowest", "lowest-direct"}));
    command
        .add_option("--exclude-newer", flags.exclude_newer,
                    "Only files uploaded until then: a date or an RFC 3339 moment")
        ->group(kVersions);
    command
        .add_flag("--ignore-requires-python", flags.ignore_requires_python,
                  "Also packages that say they need another Python")
        ->group(kVersions);
    command
        .add_option("-c,--constraint", flags.constraint_files,
                    "A file of constraints for this resolution")
        ->group(kVersions)
        ->take_all()
        ->allow_extra_args(false);
    command
        .add_flag("--require-hashes", flags.require_hashes,
                  "Fail if a file has no hash to be checked against")
        ->group(kVersions);
}

void add_archive_options(CLI::App& command, InstallFlags& flags) {
    command.add_flag("--no-trim", flags.no_trim, "Keep tests, .pyi files and the like")
        ->group(kParts);
    command
        .add_flag("--no-verify-record", flags.no_verify_record,
                  "Only warn when files differ from a wheel's RECORD")
        ->group(kParts);
    command
        .add_flag("--no-verify-metadata", flags.no_verify_metadata,
                  "Only warn when METADATA differs from the index's")
        ->group(kParts);
}

void add_install_options(CLI::App& command, InstallFlags& flags) {
    const auto names = [&](const char* name, std::vector<std::string>& into, const char* text) {
        command.add_option(name, into, text)->group(kParts)->take_all()->allow_extra_args(false);
    };
    names("--extra", flags.extras, "With this extra of the project");
    command.add_flag("--all-extras", flags.all_extras, "With all extras")->group(kParts);
    names("--group", flags.groups, "With this dependency group");
    command.add_flag("--dev", flags.dev, "The same as --group dev")->group(kParts);
    command.add_flag("--no-dev", flags.no_dev, "Without the group dev, whatever is a default")
        ->group(kParts);
    command.add_flag("--all-groups", flags.all_groups, "With all groups")->group(kParts);
    names("--only-group", flags.only_groups, "This group and nothing else");
    names("--no-group", flags.no_groups, "Without this group");
    command
        .add_flag("--no-default-groups", flags.no_default_groups,
                  "Without [tool.pymode] default-groups")
        ->group(kParts);
    add_archive_options(command, flags);
}

} // namespace pymode

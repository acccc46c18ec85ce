// SPDX-License-Identifier: MIT
#include "cli/package_session.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/download_progress.hpp"
#include "cli/package_source.hpp"
#include "cli/projects.hpp"
#include "cli/user_config.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/cache.hpp"
#include "core/packaging/resolve/resolve.hpp"
#include "core/pep/name.hpp"

namespace pymode {

namespace {

// Tells which pages are asked for, so that a long resolution shows that it goes on.
class WatchedSource final : public PackageSource {
  public:
    WatchedSource(PackageSource& source, std::function<void(std::string_view)> on_page)
        : m_source(source), m_on_page(std::move(on_page)) {}

    void prefetch_page(std::string_view name) override { m_source.prefetch_page(name); }
    void prefetch_metadata(const DistFile& wheel) override { m_source.prefetch_metadata(wheel); }
    Expected<std::shared_ptr<const PackagePage>> page(std::string_view name) override {
        m_on_page(name);
        return m_source.page(name);
    }
    Expected<std::shared_ptr<const pep::CoreMetadata>> metadata(const DistFile& wheel) override {
        return m_source.metadata(wheel);
    }
    Expected<std::vector<fs::path>>
    fetch(std::span<const DistFile> wheels,
          const std::function<void(const FetchProgress&)>& on_progress) override {
        return m_source.fetch(wheels, on_progress);
    }

  private:
    PackageSource& m_source;
    std::function<void(std::string_view)> m_on_page;
};

Expected<std::string> checked_name(const std::string& name, const std::vector<std::string>& known,
                                   std::string_view what) {
    const std::string normalized = pep::normalize_name(name);
    if (std::ranges::find(known, normalized) != known.end()) {
        return normalized;
    }
    const auto meant = closest_match(normalized, known);
    return fail(ErrorCode::usage, fmt::format("the project has no {} `{}`", what, printable(name)),
                meant           ? fmt::format("did you mean `{}`?", *meant)
                : known.empty() ? fmt::format("it has no {}s at all", what)
                                : fmt::format("it has: {}", join(known, ", ")));
}

Expected<std::vector<std::string>> checked_names(const std::vector<std::string>& names,
                                                 const std::vector<std::string>& known,
                                                 std::string_view what) {
    std::vector<std::string> result;
    for (const std::string& name : names) {
        Expected<std::string> good = checked_name(name, known, what);
        if (!good) {
            return propagate(good);
        }
        result.push_back(std::move(*good));
    }
    return result;
}

std::vector<std::string> sorted_once(std::vector<std::string> names) {
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

Expected<LockSelection> selection_by_flags(const InstallFlags& flags, const ProjectInputs& inputs) {
    auto extras = checked_names(flags.extras, inputs.extras, "extra");
    auto groups = checked_names(flags.groups, inputs.groups, "group");
    auto only = checked_names(flags.only_groups, inputs.groups, "group");
    auto without = checked_names(flags.no_groups, inputs.groups, "group");
    for (const auto* names : {&extras, &groups, &only, &without}) {
        if (!*names) {
            return propagate(*names);
        }
    }
    LockSelection selection;
    if (!only->empty()) {
        selection.groups = sorted_once(std::move(*only));
        selection.only_groups = true;
        return selection;
    }
    selection.extras = flags.all_extras ? inputs.extras : sorted_once(std::move(*extras));
    std::vector<std::string> chosen = flags.all_groups ? inputs.groups : *groups;
    if (!flags.no_default_groups) {
        auto defaults = checked_names(inputs.config.default_groups, inputs.groups, "group");
        if (!defaults) {
            return propagate(defaults, "[tool.pymode] default-groups names it");
        }
        std::ranges::move(*defaults, std::back_inserter(chosen));
    }
    if (flags.dev) {
        Expected<std::string> dev = checked_name("dev", inputs.groups, "group");
        if (!dev) {
            return propagate(dev);
        }
        chosen.push_back(std::move(*dev));
    }
    std::erase_if(chosen, [&](const std::string& name) {
        return (flags.no_dev && name == "dev") ||
               std::ranges::find(*without, name) != without->end();
    });
    selection.groups = sorted_once(std::move(chosen));
    return selection;
}

void apply_config(const PackagingConfig& config, LockSettings& settings) {
    if (config.prerelease) {
        settings.prerelease = prerelease_word(*config.prerelease);
    }
    if (!config.resolution.empty()) {
        settings.resolution = config.resolution;
    }
    if (!config.exclude_newer.empty()) {
        settings.exclude_newer = config.exclude_newer;
    }
}

} // namespace

Expected<std::string> runtime_python(std::span<const Asset> assets) {
    const auto manifest = std::ranges::find(assets, "manifest.json", &Asset::name);
    if (manifest != assets.end()) {
        const auto document =
            nlohmann::json::parse(as_text(manifest->bytes), nullptr, /*allow_exceptions=*/false);
        if (document.is_object() && document.contains("python") && document["python"].is_string()) {
            return document["python"].get<std::string>();
        }
    }
    return fail(ErrorCode::internal, "this build of pymode carries no runtime");
}

Expected<Target> package_target(std::span<const Asset> assets) {
    Expected<std::string> python = runtime_python(assets);
    if (!python) {
        return propagate(python);
    }
    return runtime_target(*python, pep::EmscriptenWheels::refused);
}

void keep_selection(const fs::path& root, const ProjectInputs& inputs, InstallSettings& settings) {
    const auto installed = read_installed(site_packages_path(root));
    auto selection =
        installed && *installed ? selection_of(**installed) : std::optional<LockSelection>{};
    if (!selection) {
        return;
    }
    const auto gone = [](const std::vector<std::string>& known) {
        return [&known](const std::string& name) {
            return std::ranges::find(known, name) == known.end();
        };
    };
    std::erase_if(selection->extras, gone(inputs.extras));
    std::erase_if(selection->groups, gone(inputs.groups));
    settings.selection = std::move(*selection);
}

PackageSession::PackageSession(CliContext& context, const PackageFlags& flags, fs::path root,
                               FileLock lock)
    : m_context(context), m_flags(flags), m_root(std::move(root)), m_lock(std::move(lock)) {}

PackageSession::~PackageSession() = default;

Expected<std::unique_ptr<PackageSession>> PackageSession::open(CliContext& context,
                                                               const PackageFlags& flags) {
    Expected<fs::path> root = find_project_root(flags.project);
    if (!root) {
        return propagate(root);
    }
    Expected<Target> target = package_target(context.assets);
    if (!target) {
        return propagate(target);
    }
    Expected<FileLock> lock = lock_project_folder(*root, context.cancel);
    if (!lock) {
        return propagate(lock);
    }
    Expected<ProjectTexts> texts = read_project_texts(*root);
    if (!texts) {
        return propagate(texts);
    }
    Expected<Wheelhouse> wheelhouse = Wheelhouse::read(context.assets);
    if (!wheelhouse) {
        return propagate(wheelhouse);
    }
    std::unique_ptr<PackageSession> session(
        new PackageSession(context, flags, std::move(*root), std::move(*lock)));
    session->m_texts = std::move(*texts);
    session->m_target = std::move(*target);
    session->m_wheelhouse = std::move(*wheelhouse);
    if (Expected<> opened = session->open_cache(); !opened) {
        return propagate(opened);
    }
    if (Expected<> read = session->read_user(); !read) {
        return propagate(read);
    }
    return session;
}

Expected<> PackageSession::read_user() {
    if (m_flags.source.no_config) {
        return {};
    }
    std::vector<std::string> warnings;
    Expected<PackagingConfig> user = read_user_config(m_context.env, warnings);
    if (!user) {
        return propagate(user);
    }
    for (const std::string& warning : warnings) {
        m_context.console.warn(warning);
    }
    m_user = std::move(*user);
    return {};
}

Expected<> PackageSession::open_cache() {
    if (m_flags.source.no_cache) {
        Expected<TempDir> folder = TempDir::create({}, "pymode-cache-");
        if (!folder) {
            return propagate(folder);
        }
        m_cache = folder->path();
        m_temporary_cache = std::move(*folder);
        return {};
    }
    if (!m_flags.source.cache_dir.empty()) {
        m_cache = fs::absolute(m_flags.source.cache_dir);
        return {};
    }
    Expected<fs::path> folder = cache_dir(m_context.env);
    if (!folder) {
        return propagate(folder);
    }
    m_cache = std::move(*folder);
    return {};
}

Expected<ProjectInputs> PackageSession::inputs(std::string_view pyproject) {
    std::vector<std::string> warnings;
    Expected<ProjectInputs> inputs = parse_project_inputs(pyproject, m_root, warnings);
    for (const std::string& warning : warnings) {
        if (!m_warned) {
            m_context.console.warn(warning);
        }
    }
    m_warned = true;
    return inputs;
}

Expected<RequirementsFile> PackageSession::read_files(const std::vector<std::string>& requirements,
                                                      const std::vector<std::string>& constraints) {
    const ReadText read = [](const fs::path& path) {
        return read_text_file(path, kMaxRequirementsFileBytes);
    };
    RequirementsFile all;
    const auto take = [&](const std::string& name, RequirementsRole role) -> Expected<> {
        Expected<RequirementsFile> file =
            read_requirements_file(fs::path(name), role, m_context.env, read);
        if (!file) {
            return propagate(file);
        }
        merge_requirements_file(all, std::move(*file));
        return {};
    };
    for (const std::string& name : requirements) {
        if (Expected<> done = take(name, RequirementsRole::requirements); !done) {
            return propagate(done);
        }
    }
    for (const std::string& name : constraints) {
        if (Expected<> done = take(name, RequirementsRole::constraints); !done) {
            return propagate(done);
        }
    }
    for (const std::string& warning : all.warnings) {
        m_context.console.warn(warning);
    }
    return all;
}

// What exists for sure: what the lock has, what is inside of pymode, what indexes had before.
std::vector<std::string> PackageSession::known_names() const {
    constexpr std::size_t limit = 5000;
    std::vector<std::string> names;
    for (const WheelhouseEntry& entry : m_wheelhouse->entries()) {
        names.push_back(entry.name);
    }
    if (m_texts.lock) {
        if (const auto lock = pep::parse_lock(kLockFileName, *m_texts.lock)) {
            for (const pep::LockPackage& package : lock->packages) {
                names.push_back(package.name);
            }
        }
    }
    std::ranges::move(cached_project_names(m_cache, limit), std::back_inserter(names));
    return names;
}

Expected<LockRequestOptions> PackageSession::lock_options(const ProjectInputs& inputs,
                                                          const RequirementsFile& files) {
    const ResolveFlags& flags = m_flags.resolve;
    LockRequestOptions options;
    // The user's wishes count for a new lock: a lock that is there is the same for everybody.
    apply_config(m_user, options.settings);
    if (m_texts.lock) {
        if (const auto old = pep::parse_lock(kLockFileName, *m_texts.lock)) {
            options.settings = settings_of(*old); // what nobody says anew stays
        }
    }
    options.known_names = [this] { return known_names(); };
    const PackagingConfig& config = inputs.config;
    apply_config(config, options.settings);
    if (!flags.resolution.empty()) {
        options.settings.resolution = flags.resolution;
    }
    if (flags.pre || files.prereleases) {
        options.settings.prerelease = "allow";
    }
    if (!flags.prerelease.empty()) {
        options.settings.prerelease = flags.prerelease;
    }
    if (!flags.exclude_newer.empty()) {
        const auto moment = parse_moment(flags.exclude_newer);
        if (!moment) {
            return fail(
                ErrorCode::usage,
                fmt::format("--exclude-newer {} is no moment", printable(flags.exclude_newer)),
                "write a date (2026-01-31) or a moment (2026-01-31T12:00:00Z)");
        }
        options.settings.exclude_newer = *moment;
    }
    options.mode = flags.frozen   ? LockMode::frozen
                   : flags.locked ? LockMode::locked
                                  : LockMode::update;
    options.upgrade_all = flags.upgrade;
    for (const std::string& text : flags.upgrade_packages) {
        Expected<pep::Requirement> requirement = pep::Requirement::parse(text);
        if (!requirement) {
            return propagate(requirement);
        }
        options.upgrades.push_back(std::move(*requirement));
    }
    for (const RequirementLine& line : files.constraints) {
        options.constraints.push_back(line.requirement);
    }
    for (const RequirementLine& line : files.requirements) {
        if (!line.hashes.empty()) {
            options.hashes[line.requirement.normalized_name()] = line.hashes;
        }
    }
    options.require_hashes = flags.require_hashes || files.require_hashes;
    options.ignore_requires_python = flags.ignore_requires_python;
    return options;
}

Expected<InstallSettings> PackageSession::install_settings(const ProjectInputs& inputs) {
    const InstallFlags& flags = m_flags.install;
    InstallSettings settings;
    Expected<LockSelection> selection = selection_by_flags(flags, inputs);
    if (!selection) {
        return propagate(selection);
    }
    settings.selection = std::move(*selection);
    settings.trim = inputs.config.trim && !flags.no_trim;
    settings.record = flags.no_verify_record ? Check::warn : Check::reject;
    settings.metadata = flags.no_verify_metadata ? Check::warn : Check::reject;
    settings.cache = m_cache;
    settings.log = m_context.console.log();
    return settings;
}

Expected<std::unique_ptr<PackageSource>>
PackageSession::make_source(const PackagingConfig& of_project, const RequirementsFile& files) {
    const PackagingConfig config = with_user_config(of_project, m_user);
    Expected<PackageIndexOptions> options =
        package_source_options({m_flags.source, config, files, m_root, m_context.env});
    if (!options) {
        return propagate(options);
    }
    for (const IndexLocation& index : options->indexes) {
        if (const std::string warning = insecure_index_warning(index.url); !warning.empty()) {
            m_context.console.warn(warning);
        }
    }
    if (config.wheelhouse && !m_flags.source.no_wheelhouse) {
        options->wheelhouse = m_wheelhouse->wheels();
    }
    options->cache = m_cache;
    if (m_context.console.verbosity() == Verbosity::verbose) {
        options->on_debug = [&console = m_context.console](std::string_view line) {
            console.detail(line);
        };
    }
    return make_package_source(std::move(*options), m_context.env, m_context.clock,
                               m_context.cancel);
}

Expected<SyncOutcome> PackageSession::sync(const SyncRequest& request,
                                           const PackagingConfig& config,
                                           const RequirementsFile& files) {
    Expected<std::unique_ptr<PackageSource>> source = make_source(config, files);
    if (!source) {
        return propagate(source);
    }
    std::optional<Progress> resolving;
    std::optional<DownloadProgress> downloads;
    WatchedSource watched(**source, [&](std::string_view name) {
        if (resolving) {
            resolving->update(name);
        }
    });
    PackageTools tools{watched,
                       [&](const ResolveRequest& asked, PackageSource& from) {
                           resolving.emplace(m_context.console, m_context.clock, "resolving");
                           Expected<Resolution> resolution = resolve(asked, from, m_context.cancel);
                           resolving.reset();
                           return resolution;
                       },
                       [&](std::span<const InstallItem> items, const InstallOptions& options,
                           const fs::path& target) {
                           downloads.reset();
                           return install_wheels(items, options, target, m_context.cancel);
                       },
                       [](const fs::path& archive) { return read_installed(archive); },
                       [&](const FetchProgress& part) {
                           if (!downloads) {
                               downloads.emplace(m_context.console, m_context.clock);
                           }
                           downloads->update(part);
                       },
                       m_context.clock};
    return sync_project(request, tools, m_context.cancel);
}

} // namespace pymode

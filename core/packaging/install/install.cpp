// SPDX-License-Identifier: MIT
#include "core/packaging/install/install.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/lock.hpp"
#include "core/packaging/install/dist_info.hpp"
#include "core/packaging/install/merge.hpp"
#include "core/packaging/install/parallel.hpp"
#include "core/packaging/install/prepare.hpp"
#include "core/packaging/install/prepared_cache.hpp"

namespace pymode {

namespace {

Expected<> stop_if(const CancelToken& cancel) {
    return cancel.cancelled() ? Expected<>(fail(ErrorCode::cancelled, "interrupted"))
                              : Expected<>();
}

// What the METADATA of a wheel says that was found to be good.
Expected<pep::CoreMetadata> metadata_of(const PreparedWheel& wheel) {
    constexpr std::string_view path = ".dist-info/METADATA";
    const auto member = std::ranges::find_if(wheel.layout.members, [&](const ZipMember& each) {
        return each.name.ends_with(path) &&
               each.name.find('/') == each.name.size() - std::string_view("/METADATA").size();
    });
    if (member == wheel.layout.members.end()) {
        return fail(ErrorCode::internal, "a prepared wheel without METADATA");
    }
    const auto text = unpack_member(wheel.archive, *member);
    return text ? pep::parse_core_metadata(as_text(*text)) : propagate(text);
}

// A prepared wheel stands for a check that was made under the same conditions.
bool is_good_for(const PreparedWheel& wheel, const InstallItem& item,
                 const InstallOptions& options) {
    if (options.record == Check::reject && !wheel.state.record_agrees) {
        return false;
    }
    if (item.resolved_metadata.empty()) {
        return true;
    }
    const auto inside = metadata_of(wheel);
    return inside && resolved_difference(*inside, item.resolved_metadata).empty();
}

// A lock that was taken as it is says what METADATA has to say. Prepared wheels do not depend on
// it, so what is found is said of this installation alone.
Expected<> check_needs(const InstallItem& item, const PreparedWheel& wheel,
                       const InstallOptions& options, std::vector<std::string>& warnings) {
    if (!item.needs || !item.resolved_metadata.empty()) {
        return {};
    }
    const auto inside = metadata_of(wheel);
    if (!inside) {
        return propagate(inside);
    }
    const std::string difference = needs_difference(*inside, *item.needs, options.environment);
    if (difference.empty()) {
        return {};
    }
    const std::string message = not_as_resolved(item.name, difference);
    if (options.metadata == Check::warn) {
        warnings.push_back(fmt::format("{}: {}", item.name, message));
        return {};
    }
    return fail(ErrorCode::archive, fmt::format("{}: {}", item.wheel.filename, message),
                std::string(kMetadataHint));
}

// One installation: from items to prepared wheels.
class Preparation {
  public:
    Preparation(std::span<const InstallItem> items, const InstallOptions& options)
        : m_items(items), m_options(options), m_cache(options.cache), m_wheels(items.size()) {}

    Expected<std::vector<PreparedWheel>> run(const CompileModules& compile,
                                             const CancelToken& cancel);

  private:
    void look_into_cache();
    Expected<std::vector<WheelDraft>> draft(std::span<const std::size_t> missing);
    Expected<> finish(std::span<const std::size_t> missing, std::vector<WheelDraft> drafts,
                      std::vector<std::vector<CompiledModule>> modules);

    std::span<const InstallItem> m_items;
    const InstallOptions& m_options;
    PreparedCache m_cache;
    std::vector<std::optional<PreparedWheel>> m_wheels;
};

void Preparation::look_into_cache() {
    for_each_parallel(m_items.size(), [&](std::size_t i) {
        auto wheel = m_cache.load(PreparedCache::key(m_items[i], m_options));
        if (wheel && is_good_for(*wheel, m_items[i], m_options)) {
            m_wheels[i] = std::move(wheel);
        }
    });
}

// All of them are checked before anything is compiled or kept.
Expected<std::vector<WheelDraft>> Preparation::draft(std::span<const std::size_t> missing) {
    std::vector<std::optional<Expected<WheelDraft>>> results(missing.size());
    for_each_parallel(missing.size(), [&](std::size_t i) {
        results[i] = draft_wheel(m_items[missing[i]], m_options);
    });
    std::vector<WheelDraft> drafts;
    for (auto& result : results) {
        if (!*result) {
            return propagate(*result); // the first in the order of the items, in every run
        }
        drafts.push_back(std::move(**result));
    }
    return drafts;
}

Expected<> Preparation::finish(std::span<const std::size_t> missing, std::vector<WheelDraft> drafts,
                               std::vector<std::vector<CompiledModule>> modules) {
    std::vector<std::optional<Error>> errors(missing.size());
    for_each_parallel(missing.size(), [&](std::size_t i) {
        auto wheel = finish_draft(std::move(drafts[i]), std::move(modules[i]));
        if (!wheel) {
            errors[i] = std::move(wheel).error();
            return;
        }
        // With --no-verify-metadata a warning may be in it that is not about the wheel alone.
        if (is_good_for(*wheel, m_items[missing[i]], m_options)) {
            m_cache.store(PreparedCache::key(m_items[missing[i]], m_options), *wheel);
        }
        m_wheels[missing[i]] = std::move(*wheel);
    });
    for (std::optional<Error>& error : errors) {
        if (error) {
            return std::unexpected(std::move(*error));
        }
    }
    return {};
}

Expected<std::vector<PreparedWheel>> Preparation::run(const CompileModules& compile,
                                                      const CancelToken& cancel) {
    look_into_cache();
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < m_wheels.size(); ++i) {
        if (!m_wheels[i]) {
            missing.push_back(i);
        }
    }
    if (!missing.empty()) {
        m_cache.clean();
        auto drafts = draft(missing);
        if (!drafts) {
            return propagate(drafts);
        }
        if (auto go_on = stop_if(cancel); !go_on) {
            return propagate(go_on);
        }
        auto modules = compile_drafts(*drafts, compile);
        if (!modules) {
            return propagate(modules);
        }
        if (auto done = finish(missing, std::move(*drafts), std::move(*modules)); !done) {
            return propagate(done);
        }
    }
    std::vector<PreparedWheel> wheels;
    for (auto& wheel : m_wheels) {
        wheels.push_back(std::move(*wheel));
    }
    return wheels;
}

// What AtomicFile leaves behind when its process is killed. Called with the lock held: nobody else
// is writing the target.
void remove_stale_temporaries(const fs::path& target) {
    const std::string prefix = fmt::format(".{}.", target.filename().string());
    constexpr std::size_t random_part = 6;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(target.parent_path(), error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.size() == prefix.size() + random_part) {
            fs::remove(entry.path(), error);
        }
    }
}

Expected<FileLock> lock_target(const fs::path& target, const CancelToken& cancel,
                               InstallReport& report) {
    const fs::path path = target.parent_path() / fmt::format(".{}.lock", target.stem().string());
    auto lock = FileLock::try_acquire(path);
    if (!lock) {
        return propagate(lock);
    }
    if (*lock) {
        return std::move(**lock);
    }
    report.details.emplace_back("waited for another pymode that installed into this project");
    return FileLock::acquire(path, cancel);
}

void collect_remarks(std::span<const InstallItem> items, std::span<const PreparedWheel> wheels,
                     InstallReport& report) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto named = [&](const std::string& text) {
            return fmt::format("{}: {}", items[i].name, text);
        };
        std::ranges::transform(wheels[i].state.warnings, std::back_inserter(report.warnings),
                               named);
        std::ranges::transform(wheels[i].state.details, std::back_inserter(report.details), named);
    }
}

Expected<> check_items(std::span<const InstallItem> items) {
    std::vector<std::string_view> names;
    for (const InstallItem& item : items) {
        names.push_back(item.name);
    }
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    return twice == names.end()
               ? Expected<>()
               : fail(ErrorCode::internal, fmt::format("{} would be installed twice", *twice));
}

} // namespace

Expected<InstallReport> install_wheels(std::span<const InstallItem> items,
                                       const InstallOptions& options, const CompileModules& compile,
                                       const fs::path& target, const CancelToken& cancel) {
    InstallReport report;
    if (auto checked = check_items(items); !checked) {
        return propagate(checked);
    }
    if (auto made = make_directories(target.parent_path()); !made) {
        return propagate(made);
    }
    const auto lock = lock_target(target, cancel, report);
    if (!lock) {
        return propagate(lock);
    }
    remove_stale_temporaries(target);
    auto wheels = Preparation(items, options).run(compile, cancel);
    if (!wheels) {
        return propagate(wheels);
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (auto checked = check_needs(items[i], (*wheels)[i], options, report.warnings);
            !checked) {
            return propagate(checked);
        }
    }
    collect_remarks(items, *wheels, report);
    const auto archive = merge_wheels(items, *wheels, options.input_digest, report.warnings);
    if (!archive) {
        return propagate(archive);
    }
    if (auto go_on = stop_if(cancel); !go_on) {
        return propagate(go_on);
    }
    if (auto written = write_file_atomic(target, *archive); !written) {
        return propagate(written);
    }
    report.bytes = archive->size();
    for (const InstallItem& item : items) {
        report.packages.push_back({item.name, item.version.to_string()});
    }
    std::ranges::sort(report.packages, {}, &InstalledPackage::name);
    return report;
}

} // namespace pymode

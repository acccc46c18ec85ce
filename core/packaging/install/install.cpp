// SPDX-License-Identifier: MIT
#include "core/packaging/install/install.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/parallel.hpp"
#include "core/packaging/install/dist_info.hpp"
#include "core/packaging/install/merge.hpp"
#include "core/packaging/install/prepare.hpp"
#include "core/packaging/install/prepared_cache.hpp"

namespace pymode {

namespace {

Expected<> stop_if(const CancelToken& cancel) {
    return cancel.cancelled() ? Expected<>(fail(ErrorCode::cancelled, "interrupted"))
                              : Expected<>();
}

// So that the threads end at about the same time.
std::vector<std::size_t> largest_first(std::span<const InstallItem> items) {
    std::vector<std::pair<std::uintmax_t, std::size_t>> sizes;
    for (const InstallItem& item : items) {
        std::error_code error;
        const std::uintmax_t size = fs::file_size(item.path, error);
        sizes.emplace_back(error ? 0 : size, sizes.size());
    }
    std::ranges::sort(sizes, std::greater{});
    std::vector<std::size_t> order;
    for (const auto& [size, index] : sizes) {
        order.push_back(index);
    }
    return order;
}

// A lock that was taken as it is says what METADATA has to say. What is kept of a wheel does not
// depend on it: what is found is said of this installation alone.
Expected<> check_needs(const InstallItem& item, PreparedWheel& wheel,
                       const InstallOptions& options) {
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
    std::string message = not_as_resolved(item.name, difference);
    if (options.metadata == Check::warn) {
        wheel.state.warnings.push_back(std::move(message));
        return {};
    }
    return fail(ErrorCode::archive, fmt::format("{}: {}", item.wheel.filename, message),
                std::string(kMetadataHint));
}

// All of them, or the first error in the order of the items, whichever thread came upon it first.
Expected<std::vector<PreparedWheel>> prepare_wheels(std::span<const InstallItem> items,
                                                    const InstallOptions& options,
                                                    const CancelToken& cancel) {
    const PreparedCache cache(options.cache, options.log);
    const std::vector<std::size_t> order = largest_first(items);
    std::vector<Expected<PreparedWheel>> results(items.size());
    for_each_parallel(items.size(), [&](std::size_t i) {
        const InstallItem& item = items[order[i]];
        Expected<PreparedWheel>& result = results[order[i]];
        const auto go_on = stop_if(cancel);
        result = go_on ? prepare_wheel(item, options, cache) : propagate(go_on);
        if (!result) {
            return;
        }
        if (auto checked = check_needs(item, *result, options); !checked) {
            result = propagate(checked);
        }
    });
    std::vector<PreparedWheel> wheels;
    for (auto& result : results) {
        if (!result) {
            return propagate(result);
        }
        wheels.push_back(std::move(*result));
    }
    return wheels;
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
                                       const InstallOptions& options, const fs::path& target,
                                       const CancelToken& cancel) {
    InstallReport report;
    if (auto checked = check_items(items); !checked) {
        return propagate(checked);
    }
    if (auto made = make_directories(target.parent_path()); !made) {
        return propagate(made);
    }
    auto wheels = prepare_wheels(items, options, cancel);
    if (!wheels) {
        return propagate(wheels);
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

// SPDX-License-Identifier: MIT
#include "core/packaging/hash_demand.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/hash.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode {

namespace {

bool is_demanded(const DistFile& file, const std::vector<std::string>& demanded) {
    return file.hashes.empty() || std::ranges::any_of(file.hashes, [&](const auto& hash) {
               return std::ranges::find(demanded, hash.first + ':' + hash.second) != demanded.end();
           });
}

} // namespace

HashedSource::HashedSource(PackageSource& source, HashDemands demands, bool all)
    : m_source(source), m_demands(std::move(demands)), m_all(all) {}

void HashedSource::prefetch_page(std::string_view name) {
    m_source.prefetch_page(name);
}

void HashedSource::prefetch_metadata(const DistFile& wheel) {
    m_source.prefetch_metadata(wheel);
}

Expected<std::shared_ptr<const PackagePage>> HashedSource::page(std::string_view name) {
    const auto demand = m_demands.find(name);
    if (demand == m_demands.end() && !m_all) {
        return m_source.page(name);
    }
    if (const auto known = m_pages.find(name); known != m_pages.end()) {
        return known->second;
    }
    auto page = m_source.page(name);
    if (!page) {
        return page;
    }
    auto filtered = std::make_shared<PackagePage>(**page);
    const std::size_t before = filtered->files.size();
    if (demand == m_demands.end()) {
        filtered->files.clear();
        filtered->notes.push_back(
            fmt::format("no hash of `{}` is given, and hashes are required", name));
    } else {
        std::erase_if(filtered->files,
                      [&](const DistFile& file) { return !is_demanded(file, demand->second); });
        if (filtered->files.empty() && before > 0) {
            filtered->notes.push_back(
                fmt::format("none of the {} file{} of `{}` has a hash that is "
                            "given",
                            before, before == 1 ? "" : "s", name));
        }
    }
    m_pages.emplace(name, filtered);
    return filtered;
}

Expected<std::shared_ptr<const pep::CoreMetadata>> HashedSource::metadata(const DistFile& wheel) {
    return m_source.metadata(wheel);
}

Expected<std::vector<std::filesystem::path>>
HashedSource::fetch(std::span<const DistFile> wheels,
                    const std::function<void(const FetchProgress&)>& on_progress) {
    auto paths = m_source.fetch(wheels, on_progress);
    if (!paths) {
        return paths;
    }
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        const auto name = pep::WheelName::parse(wheels[i].filename);
        const auto demand = name ? m_demands.find(name->name) : m_demands.end();
        if (demand == m_demands.end() || !wheels[i].hashes.empty()) {
            continue;
        }
        Expected<std::string> digest = sha256_file((*paths)[i]);
        if (!digest) {
            return propagate(digest);
        }
        if (std::ranges::find(demand->second, "sha256:" + *digest) == demand->second.end()) {
            return fail(ErrorCode::archive,
                        fmt::format("{} has none of the hashes that are given", wheels[i].filename),
                        fmt::format("it has sha256:{}", *digest));
        }
    }
    return paths;
}

} // namespace pymode

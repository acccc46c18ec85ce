// SPDX-License-Identifier: MIT
#include "tests/unit/packaging/resolve/memory_source.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"

namespace pymode::test {

std::string metadata_text(const std::string& name, const std::string& version,
                          const std::vector<std::string>& requires_dist,
                          const std::vector<std::string>& provides_extra,
                          const std::string& requires_python) {
    std::string text = fmt::format("Metadata-Version: 2.3\nName: {}\nVersion: {}\n", name, version);
    if (!requires_python.empty()) {
        text += fmt::format("Requires-Python: {}\n", requires_python);
    }
    for (const std::string& extra : provides_extra) {
        text += fmt::format("Provides-Extra: {}\n", extra);
    }
    for (const std::string& requirement : requires_dist) {
        text += fmt::format("Requires-Dist: {}\n", requirement);
    }
    return text;
}

PackagePage& MemorySource::page_of(const std::string& project) {
    std::shared_ptr<PackagePage>& page = m_pages[project];
    if (!page) {
        page = std::make_shared<PackagePage>();
        page->name = project;
        page->found = true;
    }
    return *page;
}

void MemorySource::add(const std::string& project, DistFile file, std::string metadata) {
    m_metadata[file.filename] = std::move(metadata);
    page_of(project).files.push_back(std::move(file));
}

void MemorySource::add_wheel(const std::string& project, const std::string& version,
                             const std::vector<std::string>& requires_dist,
                             const std::string& tag) {
    DistFile file;
    file.filename = fmt::format("{}-{}-{}.whl", replace_all(project, "-", "_"), version, tag);
    file.url = "https://index.example/" + file.filename;
    add(project, std::move(file), metadata_text(project, version, requires_dist));
}

void MemorySource::add_sdist(const std::string& project, const std::string& version) {
    DistFile file;
    file.filename = fmt::format("{}-{}.tar.gz", replace_all(project, "-", "_"), version);
    file.url = "https://index.example/" + file.filename;
    add(project, std::move(file), "");
}

void MemorySource::prefetch_page(std::string_view name) {
    log.push_back(fmt::format("prefetch page {}", name));
}

void MemorySource::prefetch_metadata(const DistFile& wheel) {
    log.push_back(fmt::format("prefetch metadata {}", wheel.filename));
}

Expected<std::shared_ptr<const PackagePage>> MemorySource::page(std::string_view name) {
    log.push_back(fmt::format("page {}", name));
    if (unreachable.contains(std::string(name))) {
        return fail(ErrorCode::network, fmt::format("cannot reach the index for {}", name));
    }
    if (const auto found = m_pages.find(name); found != m_pages.end()) {
        return found->second;
    }
    auto missing = std::make_shared<PackagePage>();
    missing->name = name;
    return missing;
}

Expected<std::shared_ptr<const pep::CoreMetadata>> MemorySource::metadata(const DistFile& wheel) {
    log.push_back(fmt::format("metadata {}", wheel.filename));
    if (unreachable.contains(wheel.filename)) {
        return fail(ErrorCode::network, fmt::format("cannot reach {}", wheel.url));
    }
    std::shared_ptr<const pep::CoreMetadata>& known = m_parsed[wheel.filename];
    if (!known) {
        auto parsed = pep::parse_core_metadata(m_metadata[wheel.filename]);
        if (!parsed) {
            return propagate(parsed);
        }
        known = std::make_shared<const pep::CoreMetadata>(*std::move(parsed));
    }
    return known;
}

Expected<std::vector<std::filesystem::path>>
MemorySource::fetch(std::span<const DistFile> /*wheels*/,
                    const std::function<void(const FetchProgress&)>& /*on_progress*/) {
    return fail(ErrorCode::internal, "this source has no files");
}

} // namespace pymode::test

// SPDX-License-Identifier: MIT
#include "core/packaging/index/find_links.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/packaging/index/url.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::detail {

namespace {

constexpr std::size_t max_folder_files = 100'000;

void sort_in(FilesByProject& projects, DistFile file) {
    std::string name;
    if (file.filename.ends_with(".whl")) {
        const auto wheel = pep::WheelName::parse(file.filename);
        name = wheel ? wheel->name : "";
    } else {
        const auto sdist = pep::SdistName::parse(file.filename);
        name = sdist ? sdist->name : "";
    }
    if (!name.empty()) {
        projects[name].push_back(std::move(file));
    }
}

} // namespace

Expected<FilesByProject> list_folder(const fs::path& folder) {
    std::error_code error;
    const fs::path absolute = fs::absolute(folder, error).lexically_normal();
    std::vector<fs::path> files;
    for (auto entry = fs::directory_iterator(absolute, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored; // of a dangling link: then it is no file
        if (entry->is_regular_file(ignored)) {
            files.push_back(entry->path());
        }
        if (files.size() > max_folder_files) {
            return fail(ErrorCode::io, fmt::format("{} has more than {} files", folder.string(),
                                                   max_folder_files));
        }
    }
    if (error) {
        return fail_errno(error == std::errc::no_such_file_or_directory ? ErrorCode::not_found
                                                                        : ErrorCode::io,
                          fmt::format("cannot read the folder {}", folder.string()), error.value());
    }
    std::ranges::sort(files);
    FilesByProject projects;
    for (const fs::path& path : files) {
        const auto size = fs::file_size(path, error);
        DistFile file;
        file.filename = path.filename().string();
        file.url = path_to_file_url(path.string());
        file.size = error ? std::nullopt : std::optional<std::uint64_t>(size);
        file.origin = Origin::find_links;
        sort_in(projects, std::move(file));
    }
    return projects;
}

FindLinks::FindLinks(std::string location, PageFetcher& pages)
    : m_location(std::move(location)), m_shown(bare_url(m_location)), m_pages(pages) {}

void FindLinks::set(Result result) {
    std::vector<Done> waiting;
    {
        const std::lock_guard lock(m_mutex);
        m_result = std::move(result);
        waiting.swap(m_waiting);
    }
    for (const Done& done : waiting) {
        done(*m_result);
    }
}

void FindLinks::start(Done done) {
    std::unique_lock lock(m_mutex);
    if (m_result.has_value()) {
        lock.unlock(); // it does not change any more
        done(*m_result);
        return;
    }
    m_waiting.push_back(std::move(done));
    if (std::exchange(m_started, true)) {
        return;
    }
    lock.unlock();
    const auto folder = [&]() -> Expected<std::optional<fs::path>> {
        if (is_web_url(m_location)) {
            return std::nullopt;
        }
        fs::path path = m_location;
        if (is_file_url(m_location)) {
            auto named = file_url_path(m_location);
            if (!named) {
                return propagate(named);
            }
            path = std::move(*named);
        }
        std::error_code error;
        return fs::is_regular_file(path, error) ? std::nullopt : std::optional(path);
    }();
    if (!folder) {
        set(propagate(folder));
        return;
    }
    if (*folder) {
        auto listed = list_folder(**folder);
        set(listed ? Result(std::make_shared<const FilesByProject>(std::move(*listed)))
                   : propagate(listed));
        return;
    }
    // A page, of the web or in a file.
    const std::string url =
        split_url(m_location) ? m_shown : path_to_file_url(fs::absolute(m_location).string());
    m_pages.start({m_shown, url, "", Origin::find_links}, [this](PageFetcher::Result page) {
        if (!page) {
            set(propagate(page));
            return;
        }
        auto projects = std::make_shared<FilesByProject>();
        for (const DistFile& file : (*page)->files) {
            sort_in(*projects, file);
        }
        set(std::shared_ptr<const FilesByProject>(std::move(projects)));
    });
}

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
// --find-links: a folder, a file: URL or a page whose files count for every project.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/packaging/index/page_fetcher.hpp"
#include "core/packaging/index/pending.hpp"

namespace pymode::detail {

// Files by the project they are named after.
using FilesByProject = std::map<std::string, std::vector<DistFile>, std::less<>>;

class FindLinks {
  public:
    FindLinks(std::string location, PageFetcher& pages);

    using Result = Expected<std::shared_ptr<const FilesByProject>>;
    using Done = std::function<void(const Result&)>;

    // Read once; then everybody gets the same. Calls `done` once, perhaps before it returns.
    void start(Done done);

    // Without credentials, for messages.
    [[nodiscard]] const std::string& location() const { return m_shown; }

  private:
    void set(Result result);

    std::string m_location;
    std::string m_shown;
    PageFetcher& m_pages;
    std::mutex m_mutex;
    bool m_started = false;
    std::optional<Result> m_result;
    std::vector<Done> m_waiting;
};

// The wheels and sdists in a folder, sorted by name; links are followed.
[[nodiscard]] Expected<FilesByProject> list_folder(const std::filesystem::path& folder);

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
// All that is known of one project, over the sources that count for it: the wheelhouse, the
// --find-links places, and the indexes as the strategy says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/packaging/index/fetch_context.hpp"
#include "core/packaging/index/find_links.hpp"
#include "core/packaging/index/page_fetcher.hpp"

namespace pymode::detail {

class PageMerger {
  public:
    explicit PageMerger(FetchContext& context);

    using Result = Expected<std::shared_ptr<const PackagePage>>;
    using Done = std::function<void(Result)>;

    // `name` is normalised. Calls `done` once, perhaps before it returns.
    void start(const std::string& name, Done done);

  private:
    struct Job;
    using JobPtr = std::shared_ptr<Job>;

    [[nodiscard]] Expected<> choose_sources(Job& job) const;
    void add_wheelhouse(Job& job) const;
    void next(const JobPtr& job);
    void take_links(const JobPtr& job, const FindLinks& links, const FindLinks::Result& result);
    void take_page(const JobPtr& job, const IndexLocation& index, PageFetcher::Result result);
    void finish(const JobPtr& job);

    FetchContext& m_context;
    PageFetcher m_pages;
    std::vector<std::unique_ptr<FindLinks>> m_find_links;
};

// "`company`" or, without a name, the URL without credentials.
[[nodiscard]] std::string index_for_messages(const IndexLocation& index);

} // namespace pymode::detail

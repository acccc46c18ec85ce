// SPDX-License-Identifier: MIT
// Pages of one index or one --find-links page: from the cache while they are fresh, else asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/packaging/index/fetch_context.hpp"
#include "core/packaging/index/simple_page.hpp"

namespace pymode::detail {

struct PageAddress {
    std::string index;   // the URL of the index or the page, without credentials
    std::string url;     // of the page itself
    std::string project; // normalised; empty: a page of files of every project
    Origin origin = Origin::index;
};

// Of a project in an index.
[[nodiscard]] PageAddress page_of_index(const IndexLocation& index, std::string_view project);

class PageFetcher {
  public:
    explicit PageFetcher(FetchContext& context) : m_context(context) {}

    // Nullptr: the index does not know the project. The page is the receiver's own.
    using Result = Expected<std::shared_ptr<SimplePage>>;
    using Done = std::function<void(Result)>;

    // Calls `done` once, perhaps before it returns. Offline, a page that is not in the cache is
    // an Error with ErrorCode::not_found.
    void start(const PageAddress& address, Done done);

  private:
    void ask(const PageAddress& address, std::shared_ptr<CachedPage> known, Done done);
    [[nodiscard]] Result take(const PageAddress& address, const std::shared_ptr<CachedPage>& known,
                              const HttpResponse& response);
    [[nodiscard]] Result read_file_page(const PageAddress& address);
    void keep(const PageAddress& address, const CachedPage& page);
    void show_skipped(const SimplePage& page);

    FetchContext& m_context;
};

} // namespace pymode::detail

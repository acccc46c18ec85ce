// SPDX-License-Identifier: MIT
#include "core/packaging/index/page_fetcher.hpp"

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode::detail {

namespace {

std::shared_ptr<SimplePage> shared_page(const std::shared_ptr<CachedPage>& cached) {
    return {cached, &cached->page};
}

std::string subject(const PageAddress& address) {
    return address.project.empty() ? fmt::format("the page {}", url_for_messages(address.index))
                                   : fmt::format("the page of `{}`", address.project);
}

} // namespace

PageAddress page_of_index(const IndexLocation& index, std::string_view project) {
    PageAddress address{bare_url(index.url), "", std::string(project), Origin::index};
    while (address.index.ends_with('/')) {
        address.index.pop_back();
    }
    address.url = fmt::format("{}/{}/", address.index, project);
    address.index += '/';
    return address;
}

void PageFetcher::start(const PageAddress& address, Done done) {
    if (is_file_url(address.url)) {
        done(read_file_page(address));
        return;
    }
    const PackageIndexOptions& options = m_context.options();
    std::shared_ptr<CachedPage> known;
    if (auto cached = m_context.cache().page(address.index, address.project, address.origin)) {
        known = std::make_shared<CachedPage>(std::move(*cached));
    }
    if (known &&
        (options.offline || (!options.refresh && is_fresh(known->freshness, m_context.now())))) {
        done(shared_page(known));
    } else if (options.offline) {
        done(fail(ErrorCode::not_found,
                  fmt::format("cannot get {}: there is no network (--offline), and it is not in "
                              "the cache",
                              subject(address))));
    } else {
        ask(address, std::move(known), std::move(done));
    }
}

// An index in a folder: a page is the file index.html in the project's folder.
PageFetcher::Result PageFetcher::read_file_page(const PageAddress& address) {
    auto path = file_url_path(address.url);
    if (!path) {
        return propagate(path);
    }
    const fs::path file =
        address.project.empty() ? fs::path(*path) : fs::path(*path) / "index.html";
    const auto text = read_text_file(file, max_page_bytes);
    if (!text) {
        if (text.error().code == ErrorCode::not_found && !address.project.empty()) {
            return nullptr;
        }
        return propagate(text);
    }
    auto page = parse_simple_html(*text, {address.url, address.project, address.origin,
                                          address.origin == Origin::index ? address.index : ""});
    if (!page) {
        return propagate(page);
    }
    show_skipped(*page);
    return std::make_shared<SimplePage>(std::move(*page));
}

void PageFetcher::ask(const PageAddress& address, std::shared_ptr<CachedPage> known, Done done) {
    HttpRequest request = m_context.request(address.url);
    request.headers.push_back({"Accept", std::string(simple_accept)});
    request.max_response_bytes = max_page_bytes;
    if (known) {
        add_conditions(request, known->freshness);
    }
    if (m_context.options().refresh) {
        request.headers.push_back({"Cache-Control", "no-cache"}); // for caches on the way
    }
    m_context.send(std::move(request), [this, address, known = std::move(known),
                                        done = std::move(done)](Expected<HttpResponse> response) {
        if (!response) {
            Error error = std::move(response.error());
            error.notes.insert(error.notes.begin(),
                               fmt::format("while asking for {}", subject(address)));
            if (known && error.hint.empty()) {
                error.hint = "--offline works with what is in the cache";
            }
            done(std::unexpected(std::move(error)));
            return;
        }
        done(take(address, known, *response));
    });
}

PageFetcher::Result PageFetcher::take(const PageAddress& address,
                                      const std::shared_ptr<CachedPage>& known,
                                      const HttpResponse& response) {
    if (response.status == 304 && known) {
        Freshness renewed = freshness_of(response, m_context.now());
        // A 304 may leave out what has not changed.
        renewed.etag = renewed.etag.empty() ? known->freshness.etag : renewed.etag;
        renewed.last_modified =
            renewed.last_modified.empty() ? known->freshness.last_modified : renewed.last_modified;
        known->freshness = std::move(renewed);
        keep(address, *known);
        return shared_page(known);
    }
    if (!address.project.empty() && (response.status == 404 || response.status == 410)) {
        return nullptr;
    }
    if (response.status != 200) {
        return std::unexpected(
            answer_error(fmt::format("cannot get {}", subject(address)), response, address.url));
    }
    auto page = parse_simple_page(response.header("Content-Type").value_or(""), response.text(),
                                  {bare_url(response.url), address.project, address.origin,
                                   address.origin == Origin::index ? address.index : ""});
    if (!page) {
        return propagate(page);
    }
    show_skipped(*page);
    page->skipped.clear();
    auto fresh = std::make_shared<CachedPage>(
        CachedPage{std::move(*page), freshness_of(response, m_context.now())});
    keep(address, *fresh);
    return shared_page(fresh);
}

void PageFetcher::keep(const PageAddress& address, const CachedPage& page) {
    if (auto put = m_context.cache().put_page(address.index, address.project, page); !put) {
        m_context.debug("the cache cannot be written: " + put.error().message);
    }
}

void PageFetcher::show_skipped(const SimplePage& page) {
    for (const std::string& line : page.skipped) {
        m_context.debug("left out: " + line);
    }
}

} // namespace pymode::detail

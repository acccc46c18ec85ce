// SPDX-License-Identifier: MIT
// PEP 503: the HTML form of a page. Only its anchors, <base> and <meta> say anything.
#include <fmt/format.h>

#include "core/base/http.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/html_scanner.hpp"
#include "core/packaging/index/page_builder.hpp"
#include "core/packaging/index/simple_page.hpp"

namespace pymode {

namespace {

using detail::HtmlTag;
using detail::RawEntry;

// PEP 658 and PEP 714: "true", or the hash of the metadata file.
void read_metadata_attribute(RawEntry& entry, const HtmlTag& tag) {
    const std::string* value = tag.attribute("data-core-metadata");
    if (value == nullptr) {
        value = tag.attribute("data-dist-info-metadata");
    }
    if (value != nullptr && *value != "false") {
        entry.has_metadata_file = true;
        detail::add_hash(entry.metadata_hashes, *value);
    }
}

RawEntry read_anchor(const HtmlTag& tag, const std::string& href) {
    RawEntry entry;
    entry.url = std::string(trim(href));
    if (const std::string* specifiers = tag.attribute("data-requires-python")) {
        entry.requires_python = *specifiers;
    }
    if (const std::string* reason = tag.attribute("data-yanked")) {
        entry.yanked = *reason;
    }
    read_metadata_attribute(entry, tag);
    return entry;
}

Expected<> read_meta(const HtmlTag& tag, detail::PageBuilder& builder, std::string& status,
                     std::string& reason) {
    const std::string* name = tag.attribute("name");
    const std::string* content = tag.attribute("content");
    if (name == nullptr || content == nullptr) {
        return {};
    }
    if (*name == "pypi:repository-version") {
        return builder.check_api_version(*content);
    }
    if (*name == "pypi:project-status") {
        status = *content;
    } else if (*name == "pypi:project-status-reason") {
        reason = *content;
    }
    return {};
}

} // namespace

Expected<SimplePage> parse_simple_html(std::string_view body, const PageContext& context) {
    if (body.size() > max_page_bytes) {
        return fail(ErrorCode::http,
                    fmt::format("{} is larger than {}", url_for_messages(context.url),
                                human_size(max_page_bytes)));
    }
    detail::PageBuilder builder(context);
    detail::HtmlScanner scanner(body);
    std::string status;
    std::string reason;
    while (const auto tag = scanner.next()) {
        if (tag->name == "a") {
            const std::string* href = tag->attribute("href");
            if (href != nullptr && !builder.add(read_anchor(*tag, *href))) {
                return propagate(builder.too_many());
            }
        } else if (tag->name == "base") {
            if (const std::string* href = tag->attribute("href")) {
                builder.set_base(*href);
            }
        } else if (tag->name == "meta") {
            if (auto read = read_meta(*tag, builder, status, reason); !read) {
                return propagate(read);
            }
        }
    }
    builder.set_status(status, std::move(reason));
    return std::move(builder).finish();
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// What holds of every page of an index that could be read, whatever its bytes were.
#pragma once

#include "core/packaging/index/page_codec.hpp"
#include "core/packaging/index/simple_page.hpp"
#include "core/packaging/index/url.hpp"
#include "tests/fuzz/rules.hpp"

namespace pymode::fuzz {

inline const PageContext& page_context() {
    static const PageContext context{"https://index.example/simple/demo/", "demo", Origin::index,
                                     "https://index.example/simple/"};
    return context;
}

inline void check_page(const Expected<SimplePage>& page) {
    if (!page) {
        demand(page.error().code == ErrorCode::http, "a page that cannot be read is an HTTP error");
        return;
    }
    for (const DistFile& file : page->files) {
        demand(is_web_url(file.url), "files are fetched by http or https");
        demand(split_url(file.url)->userinfo.empty(), "no credentials in an address");
        demand(file.url.find('#') == std::string::npos, "no fragment in an address");
        demand(file.filename.find('/') == std::string::npos, "a file's name is no path");
        demand(file.filename.find('\0') == std::string::npos, "a file's name has no NUL");
        demand(!file.url.starts_with("http:") || !file.hashes.empty(),
               "no unprotected address without a hash from a https page");
    }
    const std::string bytes = encode_page({*page, {}});
    const auto back = decode_page(bytes, Origin::index, page_context().index);
    demand(back.has_value(), "what is written into the cache can be read");
    demand(encode_page(*back) == bytes, "and is the same");
}

} // namespace pymode::fuzz

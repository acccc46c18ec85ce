// SPDX-License-Identifier: MIT
// Pages of the simple repository API: PEP 691 (JSON) and PEP 503 (HTML), with what PEP 592, 629,
// 658, 700, 714 and 792 add. Pure: bytes in, files out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/dist_file.hpp"

namespace pymode {

// Larger pages are refused. The largest that are known have some 30 MB.
inline constexpr std::size_t max_page_bytes = std::size_t{64} << 20;
inline constexpr std::size_t max_page_files = 200'000;

inline constexpr std::string_view simple_accept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01";

struct PageContext {
    std::string url;     // after redirects, without credentials: relative links start here
    std::string project; // normalised; empty: files of every project count (--find-links)
    Origin origin = Origin::index;
    std::string index; // for DistFile::index
};

struct SimplePage {
    std::vector<DistFile> files; // wheels and sdists of the project, in the order of the page
    ProjectStatus status;
    std::vector<std::string> skipped; // which entries were left out and why; for -v
};

// By the type of the answer (PEP 691); an error names the URL and what is wrong with it.
// A page of a quarantined project has no files.
[[nodiscard]] Expected<SimplePage>
parse_simple_page(std::string_view content_type, std::string_view body, const PageContext& context);
[[nodiscard]] Expected<SimplePage> parse_simple_json(std::string_view body,
                                                     const PageContext& context);
[[nodiscard]] Expected<SimplePage> parse_simple_html(std::string_view body,
                                                     const PageContext& context);

} // namespace pymode

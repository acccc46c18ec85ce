// SPDX-License-Identifier: MIT
// The Content-Type that a static asset is served with.
#pragma once

#include <string>
#include <string_view>

namespace pymode {

// Of the last "." of the name to its end, without the dot: "tar.gz" has "gz", ".bashrc" and "a."
// have none. Case is kept.
std::string_view file_extension(std::string_view file_name);

// By the extension, in any case: "text/html; charset=utf-8". "application/null", which Cloudflare
// takes as "to be served without a type", when it is not known.
std::string asset_content_type(std::string_view file_name);

} // namespace pymode

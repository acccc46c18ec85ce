// SPDX-License-Identifier: MIT
// The little of RFC 3986 that package indexes need.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace pymode {

// Views into the URL that was split.
struct UrlParts {
    std::string_view scheme;
    std::string_view userinfo; // "user:password"
    std::string_view host;     // with the port
    std::string_view path;     // with the first slash; no query, no fragment
    std::string_view query;    // without '?'
    std::string_view fragment; // without '#'
};

// "scheme://authority…"; nothing when it is not of that form.
[[nodiscard]] std::optional<UrlParts> split_url(std::string_view url);

// http or https.
[[nodiscard]] bool is_web_url(std::string_view url);
[[nodiscard]] bool is_file_url(std::string_view url);

// True for 127.0.0.0/8, ::1 and localhost.
[[nodiscard]] bool is_loopback(std::string_view url);

// Without "user:password@" and without the fragment.
[[nodiscard]] std::string bare_url(std::string_view url);

// "https://example.org:8443", in lower case and without the scheme's own port: what decides to
// whom credentials belong.
[[nodiscard]] std::string url_origin(std::string_view url);

// `reference` as seen from `base`, both http, https or file. Nothing when it cannot be resolved.
[[nodiscard]] std::optional<std::string> resolve_url(const std::string& base,
                                                     std::string_view reference);

// "%41" is "A", once; a '%' that begins no such thing stays as it is.
[[nodiscard]] std::string percent_decode(std::string_view text);

// The decoded last part of the path. Nothing if it is empty, or holds what must not be in a file's
// name ('/', '\', NUL, other control characters) or is "." or "..".
[[nodiscard]] std::optional<std::string> url_file_name(std::string_view url);

// The path that a file: URL names; an error when it names another machine.
[[nodiscard]] Expected<std::string> file_url_path(std::string_view url);
[[nodiscard]] std::string path_to_file_url(std::string_view absolute_path);

} // namespace pymode

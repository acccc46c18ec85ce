// SPDX-License-Identifier: MIT
#include "core/packaging/index/url.hpp"

#include <algorithm>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "core/base/http.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool is_scheme_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

bool has_scheme(std::string_view url, std::string_view scheme) {
    const auto parts = split_url(url);
    return parts && equals_ignoring_case(parts->scheme, scheme);
}

} // namespace

std::optional<UrlParts> split_url(std::string_view url) {
    const auto colon = url.find("://");
    if (colon == std::string_view::npos || colon == 0 ||
        !std::ranges::all_of(url.substr(0, colon), is_scheme_char)) {
        return std::nullopt;
    }
    UrlParts parts;
    parts.scheme = url.substr(0, colon);
    std::string_view rest = url.substr(colon + 3);
    if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
        parts.fragment = rest.substr(hash + 1);
        rest = rest.substr(0, hash);
    }
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        parts.query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    parts.path = rest.substr(slash);
    const std::string_view authority = rest.substr(0, slash);
    // The last "@": a password may hold others.
    const auto at = authority.rfind('@');
    parts.userinfo = at == std::string_view::npos ? "" : authority.substr(0, at);
    parts.host = at == std::string_view::npos ? authority : authority.substr(at + 1);
    return parts;
}

bool is_web_url(std::string_view url) {
    return has_scheme(url, "https") || has_scheme(url, "http");
}

bool is_file_url(std::string_view url) {
    return has_scheme(url, "file");
}

bool is_loopback(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts) {
        return false;
    }
    const std::string host = to_lower_ascii(parts->host);
    const auto is_host = [&](std::string_view name) {
        return host == name || host.starts_with(std::string(name) + ":");
    };
    return is_host("localhost") || is_host("[::1]") || host.starts_with("127.");
}

std::string bare_url(std::string_view url) {
    url = url.substr(0, url.find('#'));
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return std::string(url);
    }
    const auto begin = scheme + 3;
    const auto end = std::min(url.find_first_of("/?", begin), url.size());
    const auto at = url.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < begin) {
        return std::string(url);
    }
    return std::string(url.substr(0, begin)) + std::string(url.substr(at + 1));
}

std::string url_origin(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts) {
        return "";
    }
    const std::string scheme = to_lower_ascii(parts->scheme);
    std::string host = to_lower_ascii(parts->host);
    const std::string_view own_port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
    if (!own_port.empty() && host.ends_with(own_port)) {
        host.resize(host.size() - own_port.size());
    }
    return scheme + "://" + host;
}

std::optional<std::string> resolve_url(const std::string& base, std::string_view reference) {
    reference = trim(reference);
    if (split_url(reference)) {
        return std::string(reference);
    }
    struct Cleanup {
        void operator()(CURLU* url) const { curl_url_cleanup(url); }
    };
    const std::unique_ptr<CURLU, Cleanup> url(curl_url());
    // Kept as it is: curl must not decode what the index encoded.
    const unsigned int flags = CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE | CURLU_URLENCODE;
    if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), flags) != CURLUE_OK ||
        curl_url_set(url.get(), CURLUPART_URL, std::string(reference).c_str(), flags) !=
            CURLUE_OK) {
        return std::nullopt;
    }
    char* text = nullptr;
    if (curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
        return std::nullopt;
    }
    std::string resolved = text;
    curl_free(text);
    return resolved;
}

std::string percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

std::optional<std::string> url_file_name(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    const auto slash = url.rfind('/');
    std::string name =
        percent_decode(slash == std::string_view::npos ? url : url.substr(slash + 1));
    const auto is_bad = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' || c == '\\';
    };
    if (name.empty() || name == "." || name == ".." || std::ranges::any_of(name, is_bad)) {
        return std::nullopt;
    }
    return name;
}

Expected<std::string> file_url_path(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || !equals_ignoring_case(parts->scheme, "file")) {
        return fail(ErrorCode::config, fmt::format("{} is not a file: URL", printable(url)));
    }
    if (!parts->host.empty() && !equals_ignoring_case(parts->host, "localhost")) {
        return fail(ErrorCode::config,
                    fmt::format("{} names a file on another machine", url_for_messages(url)),
                    "a file: URL has three slashes: file:///folder");
    }
    std::string path = percent_decode(parts->path);
    if (path.empty() || path.find('\0') != std::string::npos) {
        return fail(ErrorCode::config, fmt::format("{} names no file", printable(url)));
    }
    return path;
}

std::string path_to_file_url(std::string_view absolute_path) {
    std::string url = "file://";
    for (const char c : absolute_path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("/-._~+!@,=:").find(c) != std::string_view::npos;
        url += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return url;
}

} // namespace pymode

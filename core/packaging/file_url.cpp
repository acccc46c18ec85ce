// SPDX-License-Identifier: MIT
#include "core/packaging/file_url.hpp"

#include <fmt/format.h>

namespace pymode {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "file://";

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/-._~+!@,=:").find(c) != std::string_view::npos;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::string file_url_of(const fs::path& path) {
    std::string url(kScheme);
    for (const char c : path.string()) {
        url +=
            is_plain(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return url;
}

std::optional<fs::path> path_of_file_url(std::string_view url) {
    if (!url.starts_with(kScheme)) {
        return std::nullopt;
    }
    url = url.substr(kScheme.size(), url.find_first_of("?#") - kScheme.size());
    if (url.starts_with("localhost/")) {
        url.remove_prefix(std::string_view("localhost").size());
    }
    std::string path;
    for (std::size_t i = 0; i < url.size(); ++i) {
        const int high = url[i] == '%' && i + 2 < url.size() ? hex_value(url[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(url[i + 2]) : -1;
        if (low >= 0) {
            path += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            path += url[i];
        }
    }
    if (!path.starts_with('/') || path.find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return fs::path(path);
}

std::string relative_file_url(std::string_view url, const fs::path& root) {
    const auto path = path_of_file_url(url);
    return path ? path->lexically_proximate(root).generic_string() : std::string(url);
}

} // namespace pymode

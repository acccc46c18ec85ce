// SPDX-License-Identifier: MIT
#include "core/packaging/file_url.hpp"

#include "core/packaging/index/url.hpp"

namespace pymode {

namespace fs = std::filesystem;

std::optional<fs::path> path_of_file_url(std::string_view url) {
    const Expected<std::string> path = file_url_path(url);
    return path ? std::optional<fs::path>(*path) : std::nullopt;
}

std::string relative_file_url(std::string_view url, const fs::path& root) {
    const auto path = path_of_file_url(url);
    return path ? path->lexically_proximate(root).generic_string() : std::string(url);
}

} // namespace pymode

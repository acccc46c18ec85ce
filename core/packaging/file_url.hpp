// SPDX-License-Identifier: MIT
// file: URLs and the paths that a lock holds in their place.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pymode {

// The decoded path of a file: URL of this machine; nothing for every other URL.
[[nodiscard]] std::optional<std::filesystem::path> path_of_file_url(std::string_view url);

// A file: URL as a path relative to `root`, with "/"; anything else as it is.
[[nodiscard]] std::string relative_file_url(std::string_view url,
                                            const std::filesystem::path& root);

} // namespace pymode

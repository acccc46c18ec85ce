// SPDX-License-Identifier: MIT
// Requirements that name a file: `name @ https://…/name-1.0-py3-none-any.whl`.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/packaging/dist_file.hpp"

namespace pymode::resolving {

// The file that `url`, stated for `name` (normalised), means: a wheel over http(s) or a file: URL.
// Credentials are dropped, hashes of the fragment are demands. ErrorCode::config for all else:
// repositories, folders, source distributions, another project's wheel.
[[nodiscard]] Expected<DistFile> direct_file(std::string_view name, std::string_view url);

// Equal for URLs that name the same file.
[[nodiscard]] std::string canonical_url(std::string_view url);

} // namespace pymode::resolving

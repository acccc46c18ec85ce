// SPDX-License-Identifier: MIT
// Names of members of a wheel: what may be written into an archive, and what only looks like it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/install/zip_layout.hpp"

namespace pymode {

// Relative, '/' between the parts, UTF-8, each part a plain name; no character that steers a
// terminal or hides (controls, bidirectional marks). ErrorCode::archive.
[[nodiscard]] Expected<> check_wheel_path(std::string_view path);

// The same, and that the member is a file or an empty folder, and its name flagged as what it is.
[[nodiscard]] Expected<> check_wheel_member(const ZipMember& member);

// No name twice, none a file and a folder. Names that a disk may take for one (case, composed
// letters of Latin scripts) are added to `warnings`.
[[nodiscard]] Expected<> check_name_set(std::span<const ZipMember> members,
                                        std::vector<std::string>& warnings);

// Equal for names that differ in case or composition only.
[[nodiscard]] std::string fold_name(std::string_view name);

} // namespace pymode

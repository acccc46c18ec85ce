// SPDX-License-Identifier: MIT
// The dist-info folder of a wheel: where it is, and that WHEEL and METADATA say what they must.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/install/wheel.hpp"
#include "core/packaging/install/zip_layout.hpp"
#include "core/pep/metadata.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode {

// The one top-level *.dist-info folder, and that it is the one of `wheel`.
[[nodiscard]] Expected<std::string> find_dist_info(std::span<const ZipMember> members,
                                                   const pep::WheelName& wheel);

// "demo-1.0.dist-info" and "demo-1.0.data" belong to demo 1.0, in whatever spelling.
[[nodiscard]] bool folder_belongs(std::string_view folder, std::string_view suffix,
                                  const pep::WheelName& wheel);

// Wheel-Version and tags.
[[nodiscard]] Expected<> check_wheel_file(std::string_view text, const pep::WheelName& wheel,
                                          std::vector<std::string>& warnings);

// Name and version, and that it asks for what the resolution was made with.
[[nodiscard]] Expected<> check_metadata(std::string_view text, const WheelRequest& request,
                                        std::vector<std::string>& warnings);

// What `inside` says otherwise than the METADATA text that was resolved with; empty: nothing, or no
// text is known.
[[nodiscard]] std::string resolved_difference(const pep::CoreMetadata& inside,
                                              std::string_view resolved);

// The refusal that such a difference becomes.
[[nodiscard]] std::string not_as_resolved(std::string_view name, std::string_view difference);
inline constexpr std::string_view kMetadataHint =
    "the index may be wrong, or hostile: ask the publisher; `--no-verify-metadata` installs it all "
    "the same";

} // namespace pymode

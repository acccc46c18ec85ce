// SPDX-License-Identifier: MIT
// Prepared wheels → the bytes of site-packages.zip.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"
#include "core/packaging/install/prepare.hpp"

namespace pymode {

// The archive with each package's own files (RECORD, INSTALLER, REQUESTED, direct_url.json) and the
// state. `items` and `wheels` are in the same order. A path that two wheels have with different
// content is ErrorCode::config; with the same content it is a warning.
[[nodiscard]] Expected<Bytes> merge_wheels(std::span<const InstallItem> items,
                                           std::span<const PreparedWheel> wheels,
                                           const std::string& input_digest,
                                           std::vector<std::string>& warnings);

} // namespace pymode

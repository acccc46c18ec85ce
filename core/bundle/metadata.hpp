// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/project/project.hpp"

namespace pymode {

// The first part of the upload form, as Cloudflare's API defines it, indented for readers of the
// bundle's folder.
std::string upload_metadata(const Project& project);

} // namespace pymode

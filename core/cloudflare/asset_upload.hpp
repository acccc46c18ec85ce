// SPDX-License-Identifier: MIT
// Brings the static assets that Cloudflare does not have yet to it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/asset_manifest.hpp"

namespace pymode {

struct AssetUpload {
    std::string jwt; // the token that stands for all files, for the metadata of a version
    std::size_t uploaded_files = 0;
    std::uint64_t uploaded_bytes = 0;
};

// Announces all files and uploads those that are missing, three buckets at a time; less when they
// are large, so that memory stays bounded. What was uploaded before a failure is not asked for
// again. `on_upload` is told the files' bytes.
Expected<AssetUpload>
upload_assets(CloudflareApi& api, const std::string& account, const std::string& worker,
              const AssetFolder& folder,
              const std::function<void(std::uint64_t sent, std::uint64_t total)>& on_upload = {});

} // namespace pymode

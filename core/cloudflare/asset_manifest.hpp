// SPDX-License-Identifier: MIT
// The folder of static assets as it is announced to Cloudflare: which files, and their hashes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct AssetFile {
    std::string path; // below the folder, with '/': "img/dot.svg"
    std::uint64_t size = 0;
    std::string hash; // 32 hexadecimal digits
};

struct AssetFolder {
    std::filesystem::path root;
    std::vector<AssetFile> files; // sorted by path
    std::string headers;          // the text of _headers; empty: there is none
    std::string redirects;        // of _redirects
};

// What `assets` of the configuration names, hashed by several threads; the project must have it.
// `.assetsignore` leaves files out in gitignore's syntax. Refused (ErrorCode::config): a folder
// that is none or holds the Worker's own code, a link out of the folder, more than 100,000 files,
// a file above 25 MiB, and `_worker.js` without an .assetsignore (the whole of a Pages project,
// whose code would be served to everybody).
Expected<AssetFolder> read_asset_folder(const Project& project);

// A file's hash from its content in base64. Cloudflare leaves the choice to the client; it is the
// name under which content *and* type are stored, so the extension belongs to it.
std::string asset_hash(std::string_view content_in_base64, std::string_view file_name);

// The whole file in base64 if it still has that hash; ErrorCode::io when it was changed meanwhile.
Expected<Bytes> read_asset(const AssetFolder& folder, const AssetFile& file);

} // namespace pymode

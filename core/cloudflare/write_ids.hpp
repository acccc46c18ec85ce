// SPDX-License-Identifier: MIT
// Writes ids of resources into the configuration file that declared their bindings. Only the new
// members are inserted; every other byte stays.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/cloudflare/provision.hpp"

namespace pymode {

// The text of the configuration `file` (pyproject.toml, wrangler.toml, .json or .jsonc) with the
// ids of those resources that are new to the configuration. Keys are spelled as the file spells
// them. The result is parsed again and says what it said plus these ids, or the edit is refused.
// ErrorCode::config: the file does not parse, or has no such binding without an id at the
// resource's place: it has changed since it was read.
Expected<std::string> with_ids_written(std::string_view file, std::string_view text,
                                       const std::vector<Resource>& resources);

// The same for the file itself (`root` / `file`, where `file` is WorkerConfig::file), written
// atomically with its mode; a symbolic link stays one. Returns how many ids were written; a file
// without anything to write is not touched. ErrorCode::config, with the ids in its notes, when the
// file changed meanwhile; those of files.
Expected<std::size_t> write_ids(const std::filesystem::path& root, const std::string& file,
                                const std::vector<Resource>& resources);

} // namespace pymode

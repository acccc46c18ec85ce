// SPDX-License-Identifier: MIT
// The folder that all projects share: its buckets, its lock, and its files. A reader needs no lock
// against writers: files appear whole, and each carries a checksum that is compared when it is
// read. What does not pass counts as not there, and is written anew.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/lock.hpp"

namespace pymode {

// The name of a bucket carries the version of what is in it: whatever changes the content of its
// files, or what decides about it, changes the number.
inline constexpr std::string_view page_bucket = "simple-v1";
inline constexpr std::string_view metadata_bucket = "metadata-v1";
inline constexpr std::string_view wheel_bucket = "wheels-v1";
inline constexpr std::string_view prepared_bucket = "prepared-v2"; // what checking wheels found
inline constexpr std::string_view bytecode_bucket = "bytecode-v1"; // compiled modules
inline constexpr std::string_view cache_lock_name = ".lock";

// Makes the folder if needed. With the lock, shared, nobody cleans it up.
[[nodiscard]] Expected<FileLock> open_cache_folder(const std::filesystem::path& root,
                                                   const CancelToken& cancel);

// A file's content, without its checksum. Nothing: not there, or damaged.
[[nodiscard]] std::optional<std::string> read_cache_entry(const std::filesystem::path& path);

// Makes the folder of the file if needed. What is too large to be read again is not written.
[[nodiscard]] Expected<> write_cache_entry(const std::filesystem::path& path,
                                           std::string_view content);

// So that `cache prune` knows what is in use. A day is exact enough.
void mark_used(const std::filesystem::path& path, const Clock& clock);

} // namespace pymode

// SPDX-License-Identifier: MIT
// RECORD of a wheel's dist-info: which files there are, with hash and size ("Recording installed
// projects", PEP 376 and PEP 427).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

inline constexpr std::uint64_t max_record_bytes = std::uint64_t{64} << 20;

struct RecordRow {
    std::string hash; // "sha256=…" as written, may be empty
    std::optional<std::uint64_t> size;
};

struct Record {
    std::map<std::string, RecordRow, std::less<>> rows; // by path, with '/'
    std::vector<std::string> warnings;
    bool backslashes = false; // written by a tool that took its own system's separator
};

// The csv of the file; a path that leads outside is an error. ErrorCode::archive.
[[nodiscard]] Expected<Record> parse_record(std::string_view text);

// One row with its line end.
[[nodiscard]] std::string record_row(std::string_view path, std::string_view hash,
                                     std::uint64_t size);

// "sha256=" and the digest in URL-safe base64 without padding.
[[nodiscard]] std::string record_hash(ByteView content);

// What is wrong with a file against its row, as the end of a sentence; empty when nothing is.
// `own_hash` is the content's `record_hash`.
[[nodiscard]] std::string compare_with_row(const RecordRow& row, ByteView content,
                                           std::string_view own_hash);

} // namespace pymode

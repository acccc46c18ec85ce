// SPDX-License-Identifier: MIT
// Reads gzipped tar archives (source distributions): ustar, with pax and GNU headers for long
// names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

struct TarLimits {
    std::uint64_t max_members = 50'000;
    std::uint64_t max_total_bytes = std::uint64_t{512} << 20; // all of it, unpacked
};

struct TarFile {
    std::string path; // checked by `check_archive_path` (core/base/archive.hpp)
    Bytes content;
};

// The regular files in the order of the archive; folders are implied by the paths. A link or a
// device, a path that leaves the archive, the same path twice, a wrong checksum and everything that
// ends too early are ErrorCode::archive.
[[nodiscard]] Expected<std::vector<TarFile>> read_tar_gz(ByteView gzipped,
                                                         const TarLimits& limits = {});

} // namespace pymode

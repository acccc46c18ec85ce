// SPDX-License-Identifier: MIT
// The downloads that run side by side, as a status on the terminal: a line for all of them, and a
// bar for each that is large enough to be waited for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/console.hpp"
#include "core/packaging/package_source.hpp"

namespace pymode {

// Smaller files are done before their line could be read.
inline constexpr std::uint64_t min_bar_bytes = std::uint64_t{1} << 20;

// "[#####...............] 26 %  numpy-2.0-….whl  1.3 MiB of 5.0 MiB"; without a known total the
// part before the name is left out.
[[nodiscard]] std::string download_line(const FetchProgress& part);

class DownloadProgress {
  public:
    // Both must outlive it.
    DownloadProgress(Console& console, const Clock& clock);

    void update(const FetchProgress& part);

  private:
    Progress m_progress;
    std::map<std::string, FetchProgress> m_parts; // by file name
};

} // namespace pymode

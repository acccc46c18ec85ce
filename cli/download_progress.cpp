// SPDX-License-Identifier: MIT
#include "cli/download_progress.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode {

std::string download_line(const FetchProgress& part) {
    constexpr std::uint64_t width = 20;
    if (part.total == 0) {
        return fmt::format("{}  {}", part.filename, human_size(part.received));
    }
    const std::uint64_t received = std::min(part.received, part.total);
    // Both in floating point: a total that an index states may be any number.
    const double share = static_cast<double>(received) / static_cast<double>(part.total);
    const auto filled = static_cast<std::size_t>(share * width);
    return fmt::format("[{}{}] {:>3} %  {}  {} of {}", std::string(filled, '#'),
                       std::string(width - filled, '.'), static_cast<int>(share * 100),
                       part.filename, human_size(part.received), human_size(part.total));
}

DownloadProgress::DownloadProgress(Console& console, const Clock& clock)
    : m_progress(console, clock, "downloading") {}

void DownloadProgress::update(const FetchProgress& part) {
    m_parts[part.filename] = part;
    std::uint64_t received = 0;
    std::uint64_t total = 0;
    std::size_t done = 0;
    std::vector<std::string> bars;
    for (const auto& [name, each] : m_parts) {
        received += each.received;
        total += std::max(each.total, each.received);
        done += each.done ? 1 : 0;
        if (!each.done && std::max(each.total, each.received) >= min_bar_bytes) {
            bars.push_back(download_line(each));
        }
    }
    m_progress.update(fmt::format("{} of {} files, {} of {}", done, m_parts.size(),
                                  human_size(received), human_size(total)),
                      bars);
}

} // namespace pymode

// SPDX-License-Identifier: MIT
// Finds and unpacks `NAME.dist-info/METADATA` of a wheel of which only parts are at hand. It says
// which bytes it needs next; whoever has them (a range request, a file) gives them. Bounded
// throughout: no more bytes are ever asked for than a directory and one METADATA may have.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

inline constexpr std::uint64_t wheel_tail_bytes = 16 * 1024;

struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;

    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

class WheelMetadataReader {
  public:
    // `archive_size` is the size of the whole wheel.
    explicit WheelMetadataReader(std::uint64_t archive_size) : m_size(archive_size) {}

    // Bytes from `offset` on. What lies outside of the archive is an error.
    [[nodiscard]] Expected<> give(std::uint64_t offset, ByteView bytes);

    // A range is needed, or here is the METADATA. ErrorCode::archive: this is no readable wheel.
    struct Step {
        std::optional<ByteRange> need;
        std::string metadata; // when nothing is needed
    };
    [[nodiscard]] Expected<Step> next() const;

  private:
    [[nodiscard]] static Step need(std::uint64_t offset, std::uint64_t size);
    [[nodiscard]] Expected<Step> read_directory(std::uint64_t offset, std::uint64_t size,
                                                std::size_t count) const;
    [[nodiscard]] std::optional<ByteView> at(std::uint64_t offset, std::uint64_t size) const;

    std::uint64_t m_size;
    std::map<std::uint64_t, Bytes> m_parts; // by offset
};

// The same from something that has all bytes: `read` gives exactly `size` of them.
[[nodiscard]] Expected<std::string>
read_wheel_metadata(std::uint64_t archive_size,
                    const std::function<Expected<Bytes>(ByteRange)>& read);

} // namespace pymode

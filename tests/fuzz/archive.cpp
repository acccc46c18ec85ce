// SPDX-License-Identifier: MIT
// Whatever the bytes are: the reader refuses them, or everything it promises holds.
#include <cstdlib>

#include "core/base/archive.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pymode;

namespace {

constexpr ArchiveLimits limits{
    .max_members = 100, .max_member_bytes = 1 << 20, .max_total_bytes = 4 << 20};

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    const auto reader = ArchiveReader::from_memory(bytes, limits);
    if (!reader) {
        require(reader.error().code == ErrorCode::archive);
        return 0;
    }
    std::uint64_t total = 0;
    require(reader->members().size() <= limits.max_members);
    for (const ArchiveMember& member : reader->members()) {
        require(check_archive_path(member.path).has_value());
        require(reader->find(member.path) == &member);
        const auto content = reader->read(member);
        require(!content || content->size() == member.size);
        total += member.size;
    }
    require(total <= limits.max_total_bytes);
    return 0;
}

// SPDX-License-Identifier: MIT
// Whatever the bytes are: the reader refuses them, or everything it promises holds.
#include "core/base/archive.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

namespace {

constexpr ArchiveLimits limits{
    .max_members = 100, .max_member_bytes = 1 << 20, .max_total_bytes = 4 << 20};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    const auto reader = ArchiveReader::from_memory(bytes, limits);
    if (!reader) {
        fuzz::demand(reader.error().code == ErrorCode::archive,
                     "what is refused is called an archive");
        return 0;
    }
    std::uint64_t total = 0;
    fuzz::demand(reader->members().size() <= limits.max_members,
                 "the number of members is limited");
    for (const ArchiveMember& member : reader->members()) {
        fuzz::demand(check_archive_path(member.path).has_value(), "every path is a safe one");
        fuzz::demand(reader->find(member.path) == &member, "every path is there once");
        const auto content = reader->read(member);
        fuzz::demand(!content || content->size() == member.size, "a size is the announced one");
        total += member.size;
    }
    fuzz::demand(total <= limits.max_total_bytes, "the total is limited");
    return 0;
}

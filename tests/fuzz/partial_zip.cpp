// SPDX-License-Identifier: MIT
// A server that sends any bytes for the parts of a wheel: nothing beyond the bounds is asked for.
#include "core/packaging/index/partial_zip.hpp"
#include "core/pep/metadata.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView wheel = std::as_bytes(std::span(data, size));
    std::uint64_t asked = 0;
    const auto text = read_wheel_metadata(size, [&](ByteRange range) -> Expected<Bytes> {
        fuzz::demand(range.offset <= size && range.size <= size - range.offset,
                     "only bytes that there are");
        asked += range.size;
        const ByteView part = wheel.subspan(range.offset, range.size);
        return Bytes(part.begin(), part.end());
    });
    fuzz::demand(asked <= 6 * (std::uint64_t{size} + 1), "no part without end");
    if (text) {
        fuzz::demand(text->size() <= pep::max_metadata_size, "METADATA is bounded");
    } else {
        fuzz::demand(text.error().code == ErrorCode::archive, "a wheel that cannot be read");
    }
    return 0;
}

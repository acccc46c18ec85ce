// SPDX-License-Identifier: MIT
// The compact form of pages in the cache, whoever wrote it.
#include "tests/fuzz/simple_pages.hpp"

using namespace pymode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto page = decode_page(fuzz::text_of(data, size), Origin::index, "i");
    if (page) {
        const std::string bytes = encode_page(*page);
        const auto again = decode_page(bytes, Origin::index, "i");
        fuzz::demand(again.has_value(), "what was read can be written and read");
        fuzz::demand(again->page.files.size() == page->page.files.size(), "all files stay");
    }
    fuzz::demand(!decode_text(fuzz::text_of(data, size)) ||
                     decode_text(fuzz::text_of(data, size))->text.size() <= size,
                 "a text is part of its entry");
    return 0;
}

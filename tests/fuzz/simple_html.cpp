// SPDX-License-Identifier: MIT
#include "tests/fuzz/simple_pages.hpp"

using namespace pymode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::check_page(parse_simple_html(fuzz::text_of(data, size), fuzz::page_context()));
    return 0;
}

// SPDX-License-Identifier: MIT
#include "core/pep/metadata.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;
using namespace pymode::pep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto raw = parse_raw_metadata(text);
    if (const auto metadata = parse_core_metadata(text)) {
        fuzz::demand(raw.has_value(), "what is understood can be read");
        fuzz::demand(raw->first("name").has_value(), "what is understood has a name");
    }
    return 0;
}

// SPDX-License-Identifier: MIT
#include "core/pep/requirement.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;
using namespace pymode::pep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Environment target = target_environment("3.13.5");
    const std::string_view text = fuzz::text_of(data, size);
    const auto requirement = Requirement::parse(text);
    if (!requirement) {
        (void)format_error(requirement.error(), Colour::no);
        return 0;
    }
    const auto again = Requirement::parse(requirement->to_string());
    fuzz::demand(again && *again == *requirement, "a requirement is read again as itself");
    (void)requirement->applies(target);
    (void)requirement->canonical();
    return 0;
}

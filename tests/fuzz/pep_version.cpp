// SPDX-License-Identifier: MIT
#include "core/pep/specifier.hpp"
#include "core/pep/version.hpp"
#include "core/pep/wheel_name.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;
using namespace pymode::pep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (const auto version = Version::parse(text)) {
        const auto again = Version::parse(version->to_string());
        fuzz::demand(again && *again == *version, "a version is read again as itself");
        fuzz::demand(again->canonical() == version->canonical(), "and has one canonical form");
    }
    if (const auto specifiers = SpecifierSet::parse(text)) {
        const VersionSet& set = specifiers->versions();
        fuzz::demand(set.complement().complement() == set,
                     "the complement's complement is the set");
        fuzz::demand(set.intersect(set.complement()).is_empty(),
                     "a set and its complement are disjoint");
        (void)set.to_string();
        fuzz::demand(SpecifierSet::parse(specifiers->to_string()).has_value(),
                     "specifiers are read again");
    }
    (void)WheelName::parse(text);
    (void)SdistName::parse(text);
    return 0;
}

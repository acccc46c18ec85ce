// SPDX-License-Identifier: MIT
#include "core/pep/marker.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;
using namespace pymode::pep;

namespace {

// With the environment known, a marker and what is left of it must agree for every request.
void check_simplified(const Marker& marker, const Environment& target) {
    const auto simple = marker.simplified_for(target);
    const std::vector<std::vector<std::string>> requests = {
        {}, {"test"}, {"a", "b"}, marker.extras()};
    for (const std::vector<std::string>& extras : requests) {
        const bool* value = std::get_if<bool>(&simple);
        const bool simple_holds = value ? *value : std::get<Marker>(simple).holds(target, extras);
        fuzz::demand(simple_holds == marker.holds(target, extras), "simplifying changes nothing");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Environment target = target_environment("3.13.5");
    const std::string_view text = fuzz::text_of(data, size);
    if (const auto marker = Marker::parse(text)) {
        const auto again = Marker::parse(marker->to_string());
        fuzz::demand(again && *again == *marker, "a marker is read again as itself");
        check_simplified(*marker, target);
    }
    if (const auto marker = Marker::parse(text, MarkerContext::lock_file)) {
        (void)marker->holds(target, LockChoice{{"a"}, {"dev"}});
    }
    return 0;
}

// SPDX-License-Identifier: MIT
#include "core/pep/pylock.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;
using namespace pymode::pep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const TargetTags target = *target_tags(13, EmscriptenWheels::refused);
    static const LockRequest request{target_environment("3.13.5"), {"a"}, std::nullopt};
    const auto lock = parse_lock("pylock.toml", fuzz::text_of(data, size));
    if (!lock) {
        return 0;
    }
    const std::string written = write_lock(*lock);
    const auto again = parse_lock("pylock.toml", written);
    fuzz::demand(again.has_value(), "a written lock can be read");
    fuzz::demand(write_lock(*again) == written, "and is written the same again");
    (void)select_packages(*lock, request, target.usable);
    return 0;
}

// SPDX-License-Identifier: MIT
// Whatever the bytes of a wheel are: it is refused, or what is taken from it keeps every promise.
#include <set>

#include "core/base/archive.hpp"
#include "core/packaging/install/member_name.hpp"
#include "core/packaging/install/trim.hpp"
#include "core/packaging/install/wheel.hpp"
#include "tests/fuzz/rules.hpp"

using namespace pymode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    const pep::Version version = pep::Version::parse("1.0").value();
    for (const Check check : {Check::reject, Check::warn}) {
        const WheelRequest request{
            "demo-1.0-py3-none-any.whl", bytes, "demo", &version, "", check, check};
        const auto wheel = check_wheel(request);
        if (!wheel) {
            fuzz::demand(wheel.error().code == ErrorCode::archive, "refusals are archive errors");
            continue;
        }
        std::set<std::string_view> paths;
        std::uint64_t total = 0;
        for (const ZipMember& member : wheel->layout.members) {
            fuzz::demand(member.data + member.packed <= size, "members lie in the file");
            total += member.size;
        }
        fuzz::demand(total <= ZipLimits().max_total_bytes, "the limits hold");
        for (const WheelFile& file : wheel->files) {
            fuzz::demand(check_wheel_path(file.path).has_value(), "paths are safe");
            fuzz::demand(paths.insert(file.path).second, "paths are there once");
            fuzz::demand(file.member < wheel->layout.members.size(), "files are members");
        }
        for (const std::size_t index : find_trimmed(wheel->files, wheel->dist_info)) {
            fuzz::demand(index < wheel->files.size(), "what is trimmed is there");
        }
    }
    return 0;
}

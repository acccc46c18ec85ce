// SPDX-License-Identifier: MIT
#include <charconv>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/packaging/resolution.hpp"

namespace pymode {

Expected<Target> runtime_target(std::string_view python_full_version,
                                pep::EmscriptenWheels emscripten) {
    Expected<pep::Version> version = pep::Version::parse(python_full_version);
    if (!version) {
        return propagate(version);
    }
    const auto parts = split(python_full_version, '.');
    int minor = 0;
    if (parts.size() >= 2) {
        std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), minor);
    }
    std::optional<pep::TargetTags> tags = pep::target_tags(minor, emscripten);
    if (!tags) {
        return fail(ErrorCode::internal,
                    fmt::format("no runtime is built for Python {}", python_full_version));
    }
    return Target{pep::target_environment(python_full_version), *std::move(tags),
                  *std::move(version)};
}

} // namespace pymode

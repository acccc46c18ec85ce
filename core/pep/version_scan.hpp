// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/pep/version.hpp"

namespace pymode::pep {

struct ScannedVersion {
    Version version;
    std::size_t length = 0; // how much of the text belongs to it, local part included
    std::size_t public_length = 0;
};

// The longest version at the very start of `text`; nothing if there is none. What follows it is
// the caller's business: in a requirement it may be a comma, in `==1.0.*` a star.
std::optional<ScannedVersion> scan_version(std::string_view text);

} // namespace pymode::pep

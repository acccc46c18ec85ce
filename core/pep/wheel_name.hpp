// SPDX-License-Identifier: MIT
// What the names of distribution files say (PEP 427, PEP 625).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/number.hpp"
#include "core/pep/tag.hpp"
#include "core/pep/version.hpp"

namespace pymode::pep {

// Longer file names are refused.
inline constexpr std::size_t max_file_name_length = 1024;

// Between two wheels that are alike otherwise the higher build wins; none is the lowest.
struct BuildTag {
    Number number;
    std::string rest;

    friend auto operator<=>(const BuildTag&, const BuildTag&) = default;
};

struct WheelName {
    std::string name; // normalised
    Version version;
    std::optional<BuildTag> build;
    std::vector<Tag> tags;

    static Expected<WheelName> parse(std::string_view file_name);
};

struct SdistName {
    std::string name; // normalised
    Version version;

    static Expected<SdistName> parse(std::string_view file_name);
};

// The better of two wheels of one version: the rank of the tags decides, then the build, then the
// name, so that the choice never depends on the order in which an index lists them. Both must be
// usable.
bool is_better_wheel(const TagTable& table, const WheelName& a, std::string_view a_file,
                     const WheelName& b, std::string_view b_file);

} // namespace pymode::pep

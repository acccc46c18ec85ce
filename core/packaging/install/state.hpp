// SPDX-License-Identifier: MIT
// The member of our archives that says what they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"

namespace pymode {

// At the top of site-packages.zip and of prepared wheels; it does not travel to the Worker.
inline constexpr std::string_view state_member = ".pymode.json";

// Of site-packages.zip.
struct SiteState {
    InstalledState installed;
    std::vector<std::string> words; // of import statements in the packages; sorted
};

[[nodiscard]] std::string write_site_state(const SiteState& state);
[[nodiscard]] Expected<SiteState> parse_site_state(std::string_view text);

struct RecordedFile {
    std::string path;
    std::string hash;
    std::uint64_t size = 0;
};

// Of a prepared wheel.
struct PreparedState {
    std::string dist_info;
    std::vector<RecordedFile> files; // sorted by path; what RECORD will list
    std::vector<std::string> words;  // sorted
    std::vector<std::string> warnings;
    std::vector<std::string> details;
    bool record_agrees = true; // false: taken with Check::warn, and there was something to warn of
};

[[nodiscard]] std::string write_prepared_state(const PreparedState& state);
[[nodiscard]] Expected<PreparedState> parse_prepared_state(std::string_view text);

} // namespace pymode

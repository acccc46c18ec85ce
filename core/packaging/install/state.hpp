// SPDX-License-Identifier: MIT
// The member of our archives that says what they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/install/install.hpp"

namespace pymode {

// At the top of site-packages.zip and of kept bytecode; it does not travel to the Worker.
inline constexpr std::string_view state_member = ".pymode.json";

// Of site-packages.zip.
struct SiteState {
    InstalledState installed;
    std::vector<std::string> words; // of import statements in the packages; sorted
};

[[nodiscard]] std::string write_site_state(const SiteState& state);
[[nodiscard]] Expected<SiteState> parse_site_state(std::string_view text);

// A file of a wheel that is installed.
struct PreparedFile {
    std::string path;       // below site-packages
    std::string hash;       // as RECORD writes it
    std::size_t member = 0; // of the wheel's layout
};

// What checking a wheel found.
struct PreparedState {
    std::string dist_info;
    std::vector<PreparedFile> files; // sorted by path
    std::vector<std::string> words;  // sorted
    std::vector<std::string> warnings;
    std::vector<std::string> details;
    bool record_agrees = true; // false: taken with Check::warn, and there was something to warn of
};

[[nodiscard]] std::string write_prepared_state(const PreparedState& state);
[[nodiscard]] Expected<PreparedState> parse_prepared_state(std::string_view text);

// Of the bytecode of one package.
struct BytecodeState {
    std::vector<std::string> hashes;   // of the .pyc files, by path, as RECORD writes them
    std::vector<std::string> failures; // "demo/py2.py: SyntaxError: … (line 3)"
};

[[nodiscard]] std::string write_bytecode_state(const BytecodeState& state);
[[nodiscard]] Expected<BytecodeState> parse_bytecode_state(std::string_view text);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What [tool.pymode] says about packages: where they come from and how they are chosen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/prerelease.hpp"
#include "core/pep/requirement.hpp"

namespace pymode {

struct ConfigDocument;
struct ConfigValue;

// [[tool.pymode.index]]
struct IndexSetting {
    std::string name; // may be empty
    std::string url;  // may hold credentials
    bool explicit_only = false;
    bool is_default = false; // takes the place of the machine's own index
};

// [tool.pymode.sources]: where one package comes from; exactly one of the three is set.
struct SourceSetting {
    std::string package; // normalised
    std::string index;   // the name of a [[tool.pymode.index]]
    std::string path;    // of a wheel, relative to the project
    std::string url;     // of a wheel
};

struct PackagingConfig {
    std::vector<IndexSetting> indexes;
    std::vector<SourceSetting> sources;
    std::vector<std::string> find_links; // as written: URLs, or paths relative to the project
    std::vector<pep::Requirement> constraints;
    std::vector<pep::Requirement> overrides;
    std::optional<pep::PrereleasePolicy> prerelease;
    std::string resolution; // "highest", "lowest", "lowest-direct"; empty: not said
    std::string
        index_strategy;        // "first-index", "unsafe-first-match", "unsafe-best-match"; or empty
    std::string exclude_newer; // RFC 3339, or a date; empty: not said
    bool wheelhouse = true;    // use the wheels inside of the executable
    bool trim = true;          // leave tests, .pyi … out of the bundle
    std::vector<std::string> default_groups; // normalised
};

// The keys of [tool.pymode] that read_packaging_config knows, sorted.
const std::vector<std::string>& packaging_keys();

// The words that `prerelease` may be: "if-necessary-or-explicit", "explicit", "allow", "disallow".
std::optional<pep::PrereleasePolicy> parse_prerelease(std::string_view text);
std::string_view prerelease_word(pep::PrereleasePolicy policy);
bool is_resolution_mode(std::string_view text);
bool is_index_strategy(std::string_view text);

// A date (the end of that day, UTC) or a moment as RFC 3339 in UTC; nothing when it is neither.
std::optional<std::string> parse_moment(std::string_view text);

// Reads `table`, which is [tool.pymode] of `document`. Unknown keys inside of tables are added to
// `warnings`; wrong values are errors that point at them.
Expected<PackagingConfig> read_packaging_config(const ConfigDocument& document,
                                                const ConfigValue& table,
                                                std::vector<std::string>& warnings);

} // namespace pymode

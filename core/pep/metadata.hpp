// SPDX-License-Identifier: MIT
// Core metadata: the METADATA file of a wheel's dist-info, or the same served beside the wheel.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/requirement.hpp"
#include "core/pep/specifier.hpp"
#include "core/pep/version.hpp"

namespace pymode::pep {

inline constexpr std::size_t max_metadata_size = 8 * 1024 * 1024;
inline constexpr std::size_t max_metadata_headers = 65536;

// The file as it is: headers by their lower-case names.
struct RawMetadata {
    // A field that may stand once has one value, the others have all in their order. "keywords"
    // has its parts. The body is "description".
    std::map<std::string, std::vector<std::string>> fields;
    // "Project-URL: label, address".
    std::vector<std::pair<std::string, std::string>> project_urls;
    // What is unknown, stands more often than it may, or is no UTF-8.
    std::map<std::string, std::vector<std::string>> leftovers;

    // The value of a field that stands once.
    [[nodiscard]] std::optional<std::string_view> first(std::string_view field) const;
    [[nodiscard]] const std::vector<std::string>& all(std::string_view field) const;
};

// The syntax is that of e-mail headers. Only too much text is an error.
Expected<RawMetadata> parse_raw_metadata(std::string_view text);

// What an installer needs of it, checked.
struct CoreMetadata {
    Version metadata_version;
    std::string name; // as written
    Version version;
    std::optional<SpecifierSet> requires_python;
    std::vector<Requirement> requires_dist;
    std::vector<std::string> provides_extra; // normalised
    std::vector<std::string> dynamic;
    std::vector<std::string> import_names;
    std::vector<std::string> import_namespaces;
    std::string summary;
    std::vector<std::string> warnings;
};

// One field that cannot be understood makes the whole unusable, and the error names it.
Expected<CoreMetadata> parse_core_metadata(std::string_view text);

} // namespace pymode::pep

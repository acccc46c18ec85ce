// SPDX-License-Identifier: MIT
// A distribution file that can be had: what an index, a folder of wheels or a direct URL offers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/pep/pylock.hpp"

namespace pymode {

// Where a file comes from decides how it is fetched and what a lock records of it.
enum class Origin {
    index,      // a simple index (PEP 503, PEP 691)
    find_links, // a folder or page of files (--find-links)
    wheelhouse, // one of the wheels inside this executable
    direct,     // `name @ url`, or a wheel's path on the command line
};

struct DistFile {
    std::string filename; // decoded: "jinja2-3.1.6-py3-none-any.whl"
    // Absolute, http(s) or file, without fragment and credentials. A wheel of the wheelhouse has
    // "wheelhouse:FILENAME".
    std::string url;
    pep::Hashes hashes;                         // sha256, sha384, sha512; weaker ones are dropped
    std::optional<std::string> requires_python; // as published, not parsed
    bool has_metadata_file = false;             // PEP 658: METADATA is served at URL + ".metadata"
    pep::Hashes metadata_hashes;                // of that file; may be empty
    std::optional<std::string> yanked;          // the reason, which may be empty; nothing: not
    std::optional<std::uint64_t> size;
    std::optional<std::string> upload_time; // RFC 3339, UTC
    Origin origin = Origin::index;
    std::string index; // the index's URL without credentials; empty for other origins
};

// What PEP 792 says of a project.
struct ProjectStatus {
    enum class Kind { active, archived, deprecated, quarantined };
    Kind kind = Kind::active;
    std::string reason;
};

// All files of one project that may be used, over all sources that count for it.
struct PackagePage {
    std::string name;            // normalised
    bool found = false;          // some source knows the name, even if it offers no file
    std::vector<DistFile> files; // wheels and sdists, in the order of the sources
    ProjectStatus status;
    // Every version of an earlier `DistFile::index` comes before all versions of a later one
    // (--index-strategy unsafe-first-match). False: the version decides.
    bool source_order_decides = false;
    // For explanations: "exists on INDEX, which was not asked because …", "no network (--offline)".
    std::vector<std::string> notes;
};

} // namespace pymode

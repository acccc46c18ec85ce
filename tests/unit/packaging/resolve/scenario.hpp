// SPDX-License-Identifier: MIT
// packse scenarios (one TOML file each: packages, versions, what the root requires) as published
// files: in memory for the resolver, or as an index on disk for tests of the executable.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/packaging/package_source.hpp"
#include "core/pep/value.hpp"

namespace pymode::test {

struct ScenarioFile {
    std::string project; // normalised
    std::string version;
    std::string filename; // a wheel's or an sdist's
    std::string requires_python;
    bool yanked = false;
    std::string metadata; // METADATA; empty for an sdist
};

struct Scenario {
    std::string name;
    std::vector<std::string> requires_dist;
    std::vector<ScenarioFile> files;
    bool prereleases = false;
    std::string resolution;            // "", "lowest", "lowest-direct"
    std::string python;                // as stated; may be empty
    std::vector<std::string> projects; // that exist, with or without files
};

Expected<Scenario> parse_scenario(std::string_view file, std::string_view text);
Expected<Scenario> parse_scenario(const pep::Value& document);

// The folder with index.json and the scenarios: $PYMODE_SHARED/packse, or beside the sources.
std::filesystem::path packse_folder();

// The bytes of a wheel: a module with __version__, METADATA, WHEEL and RECORD. The same every time.
Expected<Bytes> wheel_bytes(const ScenarioFile& file);

// Writes FOLDER/files/*.whl, *.whl.metadata and *.tar.gz (empty), and
// FOLDER/simple/PROJECT/index.json (PEP 691) and index.html (PEP 503), with relative URLs.
Expected<> write_index(const Scenario& scenario, const std::filesystem::path& folder);

} // namespace pymode::test

// SPDX-License-Identifier: MIT
// The versions of one package, and which of them can be selected.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/packaging/dist_file.hpp"
#include "core/packaging/resolve/policy.hpp"
#include "core/pep/metadata.hpp"

namespace pymode::resolving {

// Why a version cannot be selected. Where there are several reasons the first of this list counts.
enum class Obstacle {
    none,
    no_files,       // none whose name can be read
    too_new,        // --exclude-newer
    no_upload_time, // likewise, the index does not say when it was uploaded
    other_python,
    yanked,
    prerelease,
    bad_metadata,
    url_dependency, // it needs another package from a URL that the user did not name
    not_yet,        // wheels that a later version of the runtime will load
    foreign,        // wheels for other platforms only
    only_sdist,
};

// For lack of a wheel: on an ordinary computer the version could be used.
[[nodiscard]] bool is_missing_wheel(Obstacle obstacle);

struct Candidate {
    pep::Version version;
    std::string text; // as the file name has it
    std::vector<std::uint32_t> files;

    // All below is known once `assess` has run.
    bool assessed = false;
    Obstacle obstacle = Obstacle::none;
    std::string detail; // "<3.13", the reason of a yank, what is wrong with the metadata
    std::vector<pep::PlatformFamily> families; // of its wheels, without `any`; sorted
    const DistFile* wheel = nullptr;           // to be installed, or to read the metadata from
    bool wheel_is_pure = false;                // it is for any platform

    bool metadata_read = false;
    std::shared_ptr<const pep::CoreMetadata> metadata;
};

struct CandidateList {
    std::shared_ptr<const PackagePage> page;
    std::vector<Candidate> candidates; // by version, each once

    [[nodiscard]] std::optional<std::uint32_t> find(const pep::Version& version) const;
    // From this version up to the next one: the whole order is divided among the versions.
    [[nodiscard]] pep::VersionSet cell(std::uint32_t number) const;
};

// Reads the names of the files no further than to find the versions.
[[nodiscard]] CandidateList list_candidates(std::shared_ptr<const PackagePage> page);

// Whether specifiers of Python versions admit the target's; remembers the answers.
class PythonCheck {
  public:
    explicit PythonCheck(const Policy& policy) : m_policy(policy) {}
    // A text that is no specifier counts as none: the metadata says it again, and decides.
    [[nodiscard]] bool admits(const std::string& requires_python);
    [[nodiscard]] bool admits(const pep::SpecifierSet& requires_python) const;

  private:
    const Policy& m_policy;
    std::unordered_map<std::string, bool> m_answers;
};

void assess(Candidate& candidate, const PackagePage& page, const Policy& policy,
            PythonCheck& python);

} // namespace pymode::resolving

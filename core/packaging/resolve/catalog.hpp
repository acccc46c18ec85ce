// SPDX-License-Identifier: MIT
// What was asked of the PackageSource, remembered for the length of a resolution.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/packaging/package_source.hpp"
#include "core/packaging/resolve/candidates.hpp"
#include "core/packaging/resolve/policy.hpp"

namespace pymode::resolving {

class Catalog {
  public:
    // Both must outlive it.
    Catalog(PackageSource& source, const Policy& policy)
        : m_source(source), m_policy(policy), m_python(policy) {}

    // The name was seen: its page will be needed.
    void expect(const std::string& name);
    void expect_metadata(CandidateList& list, std::uint32_t number);

    // Waits for the page. An Error is the source's, the same every time.
    [[nodiscard]] Expected<CandidateList*> candidates(const std::string& name);
    // What was loaded already, else nullptr.
    [[nodiscard]] const CandidateList* loaded(const std::string& name) const;

    [[nodiscard]] Candidate& assessed(CandidateList& list, std::uint32_t number);

    // Reads the candidate's metadata into it. What is wrong with the metadata becomes its obstacle;
    // an Error means that the source could not be asked.
    [[nodiscard]] Expected<> read_metadata(CandidateList& list, std::uint32_t number);

  private:
    struct Entry {
        bool asked = false;
        std::unique_ptr<CandidateList> list;
        std::optional<Error> error;
    };

    PackageSource& m_source;
    const Policy& m_policy;
    PythonCheck m_python;
    std::unordered_map<std::string, Entry> m_entries;
};

} // namespace pymode::resolving

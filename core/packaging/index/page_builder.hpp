// SPDX-License-Identifier: MIT
// What both readers of pages share: an entry as it stands there becomes a DistFile, or is left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/packaging/index/simple_page.hpp"

namespace pymode::detail {

// An entry as the page has it.
struct RawEntry {
    std::string filename; // empty: the end of the URL
    std::string url;      // may be relative; its fragment may hold a hash
    pep::Hashes hashes;
    std::optional<std::string> requires_python;
    bool has_metadata_file = false;
    pep::Hashes metadata_hashes;
    std::optional<std::string> yanked;
    std::optional<std::uint64_t> size;
    std::optional<std::string> upload_time;
};

class PageBuilder {
  public:
    explicit PageBuilder(const PageContext& context) : m_context(context), m_base(context.url) {}

    // <base href>; the first one counts.
    void set_base(std::string_view reference);
    // PEP 629: an unknown major version is an error.
    [[nodiscard]] Expected<> check_api_version(std::string_view version);
    // PEP 792; unknown words are "active".
    void set_status(std::string_view status, std::string reason);
    // False when there are more entries than a page may have.
    [[nodiscard]] bool add(RawEntry entry);
    [[nodiscard]] SimplePage finish() &&;

    [[nodiscard]] Expected<> too_many() const;

  private:
    void skip(std::string_view what, std::string_view why);
    [[nodiscard]] std::optional<std::string> absolute(std::string_view reference) const;
    // Empty when the file can be used.
    [[nodiscard]] std::string_view objection(const std::string& filename) const;

    const PageContext& m_context;
    SimplePage m_page;
    std::string m_base;
    bool m_has_base = false;
    std::size_t m_entries = 0;
};

// Only sha256, sha384 and sha512 with the right number of digits; in lower case.
[[nodiscard]] bool is_usable_hash(std::string_view algorithm, std::string_view digits);

// "sha256=…" of a fragment or an attribute.
void add_hash(pep::Hashes& hashes, std::string_view assignment);

} // namespace pymode::detail

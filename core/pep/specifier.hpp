// SPDX-License-Identifier: MIT
// Version specifiers (">=1.0", "==1.*") and lists of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/syntax_error.hpp"
#include "core/pep/version.hpp"
#include "core/pep/version_set.hpp"

namespace pymode::pep {

enum class Operator {
    compatible,    // ~=
    equal,         // ==
    not_equal,     // !=
    less_equal,    // <=
    greater_equal, // >=
    less,          // <
    greater,       // >
    arbitrary,     // ===
};

std::string_view operator_text(Operator op);

struct Specifier {
    Operator op = Operator::equal;
    std::string text;       // what stands behind the operator, as written
    Version version;        // not for `arbitrary`
    bool is_prefix = false; // "==1.0.*"

    [[nodiscard]] std::string to_string() const;
    // True for a specifier by which the author asks for pre-releases: ">=1.0rc1", not "!=1.0rc1".
    [[nodiscard]] bool names_prerelease() const;
    // Equal in meaning: zeros at the end count only where they mean something.
    friend bool operator==(const Specifier& a, const Specifier& b);
};

// The versions that a specifier other than `===` admits, pre-releases included.
VersionSet version_set(const Specifier& specifier);

class SpecifierSet {
  public:
    SpecifierSet() = default; // admits everything
    explicit SpecifierSet(std::vector<Specifier> specifiers);
    // Separated by commas, all of them must hold.
    static Expected<SpecifierSet> parse(std::string_view text);

    [[nodiscard]] bool empty() const { return m_specifiers.empty(); }
    [[nodiscard]] const std::vector<Specifier>& specifiers() const { return m_specifiers; }

    // What the specifiers admit together. `===` compares texts, which is outside of this algebra:
    // it contributes the one version that its text spells, and nothing if it spells none. Whoever
    // chooses among published files asks `admits` as well.
    [[nodiscard]] const VersionSet& versions() const { return m_versions; }
    [[nodiscard]] bool has_arbitrary() const { return !arbitrary_text().empty(); }
    // Whether a candidate, with its version as it was published, is a member. Pre-releases are
    // members like all others: whether to choose one is prerelease.hpp's business.
    [[nodiscard]] bool admits(std::string_view published) const;
    [[nodiscard]] bool admits(std::string_view published, const Version& version) const;

    // Whether any text at all can be a member.
    [[nodiscard]] bool is_satisfiable() const;
    [[nodiscard]] bool is_satisfiable_without_prereleases() const;
    [[nodiscard]] bool names_prerelease() const;
    // One version is demanded by `==` (without a star) or `===`: what makes a yanked file usable.
    [[nodiscard]] bool is_pin() const;

    [[nodiscard]] std::string to_string() const; // in the author's order
    [[nodiscard]] std::string canonical() const; // sorted, each once

    // Equal in meaning of each specifier; the order does not count.
    friend bool operator==(const SpecifierSet& a, const SpecifierSet& b);

  private:
    [[nodiscard]] std::string_view arbitrary_text() const;
    [[nodiscard]] bool arbitrary_agrees() const;

    std::vector<Specifier> m_specifiers;
    VersionSet m_versions = VersionSet::all();
};

// Reads one specifier at `position` of `text` and moves `position` behind it. Nothing, and
// `position` unmoved, where none begins.
Parsed<std::optional<Specifier>> scan_specifier(std::string_view text, std::size_t& position);

// Reads specifiers separated by commas (one at the end is allowed), with blanks between.
Parsed<std::vector<Specifier>> scan_specifiers(std::string_view text, std::size_t& position);

} // namespace pymode::pep

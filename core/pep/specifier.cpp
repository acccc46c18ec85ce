// SPDX-License-Identifier: MIT
#include "core/pep/specifier.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace pymode::pep {

namespace {

Version first_dev_of(Version version) {
    version.dev = Number{};
    return version;
}

// All versions that begin with the release of `prefix`.
VersionSet prefix_set(const Version& prefix) {
    Version end = prefix;
    end.release.back() = end.release.back().next();
    return VersionSet::between(Cut::before(first_dev_of(prefix)),
                               Cut::before(first_dev_of(std::move(end))));
}

VersionSet equal_set(const Specifier& specifier) {
    const Version& version = specifier.version;
    if (specifier.is_prefix) {
        return prefix_set(version);
    }
    if (!version.local.empty()) {
        return VersionSet::exactly(version);
    }
    return VersionSet::between(Cut::before(version), Cut::after_locals(version));
}

VersionSet compatible_set(const Version& version) {
    Version prefix = version.base_version();
    prefix.release.pop_back();
    return VersionSet::between(Cut::before(version), Cut::highest()).intersect(prefix_set(prefix));
}

// ">1.0" leaves out the local versions and the post releases of 1.0 itself.
VersionSet greater_set(const Version& version) {
    const bool has_suffix = version.post || version.dev;
    return VersionSet::between(has_suffix ? Cut::after_locals(version) : Cut::after_posts(version),
                               Cut::highest());
}

// "<1.0" leaves out the pre-releases of 1.0 itself, unless a pre-release is named.
VersionSet less_set(const Version& version) {
    return VersionSet::between(
        Cut::lowest(), Cut::before(version.is_prerelease() ? version : first_dev_of(version)));
}

std::string canonical_text(const Specifier& specifier) {
    if (specifier.op == Operator::arbitrary) {
        return specifier.text;
    }
    // In "~=1.0" and "==1.0.*" the number of parts has a meaning.
    const bool keep_zeros = specifier.op == Operator::compatible || specifier.is_prefix;
    return keep_zeros ? specifier.version.to_string() : specifier.version.canonical();
}

VersionSet intersect_all(const std::vector<Specifier>& specifiers) {
    VersionSet result = VersionSet::all();
    for (const Specifier& specifier : specifiers) {
        if (specifier.op != Operator::arbitrary) {
            result = result.intersect(version_set(specifier));
        } else if (const auto version = Version::parse(specifier.text)) {
            result = result.intersect(VersionSet::exactly(*version));
        } else {
            result = VersionSet{};
        }
    }
    return result;
}

} // namespace

std::string_view operator_text(Operator op) {
    switch (op) {
    case Operator::compatible:
        return "~=";
    case Operator::equal:
        return "==";
    case Operator::not_equal:
        return "!=";
    case Operator::less_equal:
        return "<=";
    case Operator::greater_equal:
        return ">=";
    case Operator::less:
        return "<";
    case Operator::greater:
        return ">";
    case Operator::arbitrary:
        return "===";
    }
    return "";
}

std::string Specifier::to_string() const {
    return std::string(operator_text(op)) + text;
}

bool Specifier::names_prerelease() const {
    if (op == Operator::not_equal) {
        return false;
    }
    if (op == Operator::arbitrary) {
        const auto parsed = Version::parse(text);
        return parsed && parsed->is_prerelease();
    }
    return version.is_prerelease();
}

bool operator==(const Specifier& a, const Specifier& b) {
    return a.op == b.op && a.is_prefix == b.is_prefix && canonical_text(a) == canonical_text(b);
}

// The table of docs "Version specifiers" in terms of cuts; version_set_text.cpp is its reverse.
VersionSet version_set(const Specifier& specifier) {
    const Version& version = specifier.version;
    switch (specifier.op) {
    case Operator::compatible:
        return compatible_set(version);
    case Operator::equal:
        return equal_set(specifier);
    case Operator::not_equal:
        return equal_set(specifier).complement();
    case Operator::less_equal:
        return VersionSet::between(Cut::lowest(), Cut::after_locals(version));
    case Operator::greater_equal:
        return VersionSet::between(Cut::before(version), Cut::highest());
    case Operator::less:
        return less_set(version);
    case Operator::greater:
        return greater_set(version);
    case Operator::arbitrary:
        break;
    }
    return VersionSet::all();
}

SpecifierSet::SpecifierSet(std::vector<Specifier> specifiers)
    : m_specifiers(std::move(specifiers)), m_versions(intersect_all(m_specifiers)) {}

Expected<SpecifierSet> SpecifierSet::parse(std::string_view text) {
    const std::string_view trimmed = trim(text);
    std::size_t position = 0;
    auto specifiers = scan_specifiers(trimmed, position);
    if (specifiers && position != trimmed.size()) {
        specifiers = std::unexpected(SyntaxError{
            "expected specifiers such as >=1.0 with commas between them", position, position});
    }
    if (!specifiers) {
        return std::unexpected(to_error(specifiers.error(), "version specifier", trimmed));
    }
    return SpecifierSet(std::move(*specifiers));
}

std::string_view SpecifierSet::arbitrary_text() const {
    const auto found = std::ranges::find(m_specifiers, Operator::arbitrary, &Specifier::op);
    return found == m_specifiers.end() ? std::string_view{} : std::string_view(found->text);
}

// Whether all `===` name the same text.
bool SpecifierSet::arbitrary_agrees() const {
    const std::string_view wanted = arbitrary_text();
    return std::ranges::all_of(m_specifiers, [&](const Specifier& specifier) {
        return specifier.op != Operator::arbitrary || equals_ignoring_case(specifier.text, wanted);
    });
}

bool SpecifierSet::admits(std::string_view published) const {
    if (m_specifiers.empty()) {
        return true;
    }
    if (const auto version = Version::parse(published)) {
        return admits(published, *version);
    }
    // What is no version is only equal to itself.
    return std::ranges::all_of(m_specifiers, [&](const Specifier& specifier) {
        return specifier.op == Operator::arbitrary &&
               equals_ignoring_case(specifier.text, published);
    });
}

bool SpecifierSet::admits(std::string_view published, const Version& version) const {
    return m_versions.contains(version) &&
           (!has_arbitrary() ||
            (arbitrary_agrees() && equals_ignoring_case(arbitrary_text(), published)));
}

bool SpecifierSet::is_satisfiable() const {
    if (!has_arbitrary()) {
        return !m_versions.is_empty();
    }
    return arbitrary_agrees() && admits(arbitrary_text());
}

bool SpecifierSet::is_satisfiable_without_prereleases() const {
    if (!has_arbitrary()) {
        return m_versions.has_stable_version();
    }
    const auto version = Version::parse(arbitrary_text());
    return is_satisfiable() && !(version && version->is_prerelease());
}

bool SpecifierSet::names_prerelease() const {
    return std::ranges::any_of(m_specifiers, &Specifier::names_prerelease);
}

bool SpecifierSet::is_pin() const {
    return std::ranges::any_of(m_specifiers, [](const Specifier& specifier) {
        return specifier.op == Operator::arbitrary ||
               (specifier.op == Operator::equal && !specifier.is_prefix);
    });
}

std::string SpecifierSet::to_string() const {
    std::string text;
    for (const Specifier& specifier : m_specifiers) {
        text += (text.empty() ? "" : ",") + specifier.to_string();
    }
    return text;
}

std::string SpecifierSet::canonical() const {
    std::vector<std::string> parts;
    for (const Specifier& specifier : m_specifiers) {
        parts.push_back(specifier.to_string());
    }
    std::ranges::sort(parts);
    parts.erase(std::ranges::unique(parts).begin(), parts.end());
    return join(parts, ",");
}

bool operator==(const SpecifierSet& a, const SpecifierSet& b) {
    const auto covers = [](const SpecifierSet& x, const SpecifierSet& y) {
        return std::ranges::all_of(x.m_specifiers, [&](const Specifier& specifier) {
            return std::ranges::find(y.m_specifiers, specifier) != y.m_specifiers.end();
        });
    };
    return covers(a, b) && covers(b, a);
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/incompatibility.hpp"

#include <algorithm>
#include <utility>

namespace pymode::pubgrub {

namespace {

void add_term(std::vector<PackageTerm>& terms, PackageId package, Term term) {
    if (!term.is_anything()) {
        terms.push_back({package, std::move(term)});
    }
}

} // namespace

const Term* Incompatibility::term_of(PackageId package) const {
    const auto found = std::ranges::find(terms, package, &PackageTerm::package);
    return found == terms.end() ? nullptr : &found->term;
}

std::span<const IncompatibilityId> IncompatibilityStore::mentioning(PackageId package) const {
    if (package >= m_by_package.size()) {
        return {};
    }
    return m_by_package[package];
}

IncompatibilityId IncompatibilityStore::push(Incompatibility incompatibility) {
    m_all.push_back(std::move(incompatibility));
    return static_cast<IncompatibilityId>(m_all.size() - 1);
}

void IncompatibilityStore::index(IncompatibilityId id) {
    for (const PackageTerm& term : m_all[id].terms) {
        if (term.package >= m_by_package.size()) {
            m_by_package.resize(term.package + 1);
        }
        m_by_package[term.package].push_back(id);
    }
}

IncompatibilityId IncompatibilityStore::add_root(const pep::VersionSet& root) {
    Incompatibility made;
    made.terms = {{root_package, Term{root, false}}};
    made.cause.kind = CauseKind::root;
    const IncompatibilityId id = push(std::move(made));
    index(id);
    return id;
}

IncompatibilityId IncompatibilityStore::add_single(PackageId package, pep::VersionSet set,
                                                   CauseKind kind) {
    Incompatibility made;
    made.terms = {{package, Term{std::move(set), true}}};
    made.cause.kind = kind;
    made.cause.package = package;
    const IncompatibilityId id = push(std::move(made));
    index(id);
    return id;
}

IncompatibilityId IncompatibilityStore::add_dependency(PackageId package,
                                                       const pep::VersionSet& versions,
                                                       PackageId dependency,
                                                       const pep::VersionSet& wanted) {
    std::vector<IncompatibilityId>& known =
        m_dependencies[(std::uint64_t{package} << 32) | dependency];
    const auto same = std::ranges::find_if(
        known, [&](IncompatibilityId id) { return m_all[id].cause.wanted == wanted; });
    if (same != known.end() && versions.is_subset_of(m_all[*same].term_of(package)->set)) {
        return *same;
    }
    Incompatibility made;
    made.cause.kind = CauseKind::dependency;
    made.cause.package = package;
    made.cause.dependency = dependency;
    made.cause.wanted = wanted;
    pep::VersionSet dependers = versions;
    if (same != known.end()) {
        Incompatibility& older = m_all[*same];
        dependers = dependers.unite(older.term_of(package)->set);
        older.superseded = true;
    }
    add_term(made.terms, package, Term{std::move(dependers), true});
    if (dependency != package) {
        // Nobody can satisfy an empty set: then that version is out of the question by itself.
        add_term(made.terms, dependency, Term{wanted, false});
    }
    std::ranges::sort(made.terms, {}, &PackageTerm::package);
    const IncompatibilityId id = push(std::move(made));
    if (same != known.end()) {
        *same = id;
    } else {
        known.push_back(id);
    }
    index(id);
    return id;
}

IncompatibilityId IncompatibilityStore::derive(IncompatibilityId left, IncompatibilityId right,
                                               PackageId package) {
    Incompatibility made;
    made.cause.kind = CauseKind::derived;
    made.cause.left = left;
    made.cause.right = right;
    auto a = m_all[left].terms.begin();
    auto b = m_all[right].terms.begin();
    const auto a_end = m_all[left].terms.end();
    const auto b_end = m_all[right].terms.end();
    while (a != a_end || b != b_end) {
        if (b == b_end || (a != a_end && a->package < b->package)) {
            made.terms.push_back(*a++);
        } else if (a == a_end || b->package < a->package) {
            made.terms.push_back(*b++);
        } else {
            // Of the package they are joined at one of both must hold, of all others both.
            add_term(made.terms, a->package,
                     a->package == package ? unite(a->term, b->term) : intersect(a->term, b->term));
            ++a;
            ++b;
        }
    }
    return push(std::move(made));
}

std::vector<Incompatibility> IncompatibilityStore::external() const {
    std::vector<Incompatibility> kept;
    for (const Incompatibility& one : m_all) {
        if (!one.superseded && one.cause.kind != CauseKind::derived) {
            kept.push_back(one);
        }
    }
    return kept;
}

} // namespace pymode::pubgrub

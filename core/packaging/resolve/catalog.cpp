// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/catalog.hpp"

#include <utility>

#include <fmt/format.h>

namespace pymode::resolving {

namespace {

// A package with one file: what the user named by a URL.
std::shared_ptr<const PackagePage> direct_page(const std::string& name, const DistFile& file) {
    auto page = std::make_shared<PackagePage>();
    page->name = name;
    page->found = true;
    page->files.push_back(file);
    return page;
}

} // namespace

void Catalog::expect(const std::string& name) {
    Entry& entry = m_entries[name];
    if (!entry.asked) {
        entry.asked = true;
        const UserWord* word = m_policy.word(name);
        if (word == nullptr || !word->direct) {
            m_source.prefetch_page(name);
        }
    }
}

void Catalog::expect_metadata(CandidateList& list, std::uint32_t number) {
    const Candidate& candidate = assessed(list, number);
    if (candidate.wheel != nullptr && !candidate.metadata_read) {
        m_source.prefetch_metadata(*candidate.wheel);
    }
}

Expected<CandidateList*> Catalog::candidates(const std::string& name) {
    expect(name);
    Entry& entry = m_entries[name];
    if (entry.error) {
        return std::unexpected(*entry.error);
    }
    if (!entry.list) {
        const UserWord* word = m_policy.word(name);
        auto page =
            word != nullptr && word->direct
                ? Expected<std::shared_ptr<const PackagePage>>(direct_page(name, *word->direct))
                : m_source.page(name);
        if (!page) {
            entry.error = std::move(page).error().with_note(
                fmt::format("it happened while looking for `{}`", name));
            return std::unexpected(*entry.error);
        }
        entry.list = std::make_unique<CandidateList>(list_candidates(*std::move(page)));
    }
    return entry.list.get();
}

const CandidateList* Catalog::loaded(const std::string& name) const {
    const auto found = m_entries.find(name);
    return found == m_entries.end() ? nullptr : found->second.list.get();
}

Candidate& Catalog::assessed(CandidateList& list, std::uint32_t number) {
    Candidate& candidate = list.candidates[number];
    if (!candidate.assessed) {
        assess(candidate, *list.page, m_policy, m_python);
    }
    return candidate;
}

Expected<> Catalog::read_metadata(CandidateList& list, std::uint32_t number) {
    Candidate& candidate = assessed(list, number);
    if (candidate.metadata_read || candidate.wheel == nullptr) {
        return {};
    }
    auto metadata = m_source.metadata(*candidate.wheel);
    if (!metadata && metadata.error().code != ErrorCode::config) {
        return std::unexpected(std::move(metadata).error().with_note(fmt::format(
            "it happened while reading the metadata of `{}` {}", list.page->name, candidate.text)));
    }
    candidate.metadata_read = true;
    const bool usable = candidate.obstacle == Obstacle::none;
    if (!metadata) {
        if (usable) {
            candidate.obstacle = Obstacle::bad_metadata;
            candidate.detail = metadata.error().message;
        }
        return {};
    }
    candidate.metadata = *std::move(metadata);
    if (candidate.metadata->requires_python &&
        !m_python.admits(*candidate.metadata->requires_python)) {
        candidate.obstacle = Obstacle::other_python;
        candidate.detail = candidate.metadata->requires_python->to_string();
    }
    return {};
}

} // namespace pymode::resolving

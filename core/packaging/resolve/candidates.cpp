// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/candidates.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/text.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::resolving {

namespace {

struct NameParts {
    std::string_view project;
    std::string_view version;
};

bool is_wheel(const DistFile& file) {
    return file.filename.ends_with(".whl");
}

// Without looking at the tags: a page may list thousands of files of which a dozen matter.
std::optional<NameParts> split_file_name(std::string_view file) {
    if (file.ends_with(".whl")) {
        const std::size_t first = file.find('-');
        const std::size_t second = file.find('-', first + 1);
        if (first == std::string_view::npos || second == std::string_view::npos) {
            return std::nullopt;
        }
        return NameParts{file.substr(0, first), file.substr(first + 1, second - first - 1)};
    }
    for (const std::string_view extension : {".tar.gz", ".zip"}) {
        if (file.ends_with(extension)) {
            file.remove_suffix(extension.size());
            const std::size_t dash = file.rfind('-');
            if (dash == std::string_view::npos) {
                return std::nullopt;
            }
            return NameParts{file.substr(0, dash), file.substr(dash + 1)};
        }
    }
    return std::nullopt;
}

struct Wheel {
    const DistFile* file;
    pep::WheelName name;
    pep::WheelFit fit;
};

struct Files {
    std::vector<Wheel> wheels;
    bool any_sdist = false;
};

Files read_files(const std::vector<const DistFile*>& files, const pep::TargetTags& tags) {
    Files result;
    for (const DistFile* file : files) {
        if (!is_wheel(*file)) {
            result.any_sdist = true;
        } else if (auto name = pep::WheelName::parse(file->filename)) {
            const pep::WheelFit fit = tags.fit(name->tags);
            result.wheels.push_back({file, *std::move(name), fit});
        }
    }
    return result;
}

const Wheel* best(const std::vector<Wheel>& wheels, pep::WheelFit fit, const pep::TagTable& table) {
    const Wheel* chosen = nullptr;
    for (const Wheel& wheel : wheels) {
        if (wheel.fit != fit) {
            continue;
        }
        if (chosen == nullptr || pep::is_better_wheel(table, wheel.name, wheel.file->filename,
                                                      chosen->name, chosen->file->filename)) {
            chosen = &wheel;
        }
    }
    return chosen;
}

void note_families(Candidate& candidate, const std::vector<Wheel>& wheels) {
    for (const Wheel& wheel : wheels) {
        for (const pep::Tag& tag : wheel.name.tags) {
            const auto family = pep::platform_family(tag.platform);
            if (family != pep::PlatformFamily::any) {
                candidate.families.push_back(family);
            }
        }
    }
    std::ranges::sort(candidate.families);
    candidate.families.erase(std::ranges::unique(candidate.families).begin(),
                             candidate.families.end());
}

void choose_wheel(Candidate& candidate, const Files& files, const pep::TargetTags& tags) {
    if (const Wheel* usable = best(files.wheels, pep::WheelFit::usable, tags.usable)) {
        candidate.wheel = usable->file;
        candidate.wheel_is_pure = std::ranges::any_of(usable->name.tags, [&](const pep::Tag& tag) {
            return tag.platform == "any" && tags.usable.rank(tag).has_value();
        });
        return;
    }
    note_families(candidate, files.wheels);
    if (const Wheel* later = best(files.wheels, pep::WheelFit::not_yet, tags.not_yet)) {
        candidate.obstacle = Obstacle::not_yet;
        candidate.wheel = later->file;
    } else if (const Wheel* other = best(files.wheels, pep::WheelFit::foreign, tags.usable)) {
        candidate.obstacle = Obstacle::foreign;
        candidate.wheel = other->file;
    } else {
        candidate.obstacle = files.any_sdist ? Obstacle::only_sdist : Obstacle::no_files;
    }
}

// Those that existed at the time of --exclude-newer.
std::vector<const DistFile*> in_time(Candidate& candidate, const PackagePage& page,
                                     const Policy& policy) {
    std::vector<const DistFile*> files;
    for (const std::uint32_t index : candidate.files) {
        const DistFile& file = page.files[index];
        if (policy.exclude_newer && file.origin == Origin::index) {
            const auto uploaded =
                file.upload_time ? parse_timestamp(*file.upload_time) : std::nullopt;
            if (!uploaded) {
                candidate.obstacle = Obstacle::no_upload_time;
                continue;
            }
            if (*uploaded > *policy.exclude_newer) {
                candidate.obstacle = Obstacle::too_new;
                continue;
            }
        }
        files.push_back(&file);
    }
    return files;
}

bool may_use_yanked(const Candidate& candidate, const PackagePage& page, const Policy& policy) {
    const UserWord* word = policy.word(page.name);
    if (word != nullptr && word->pinned.contains(candidate.version)) {
        return true;
    }
    const pep::Version* preferred = policy.preference(page.name);
    return preferred != nullptr && *preferred == candidate.version;
}

bool may_use_prerelease(const PackagePage& page, const Policy& policy) {
    switch (policy.request->prereleases) {
    case pep::PrereleasePolicy::if_needed:
    case pep::PrereleasePolicy::allow:
        return true;
    case pep::PrereleasePolicy::if_named: {
        const UserWord* word = policy.word(page.name);
        return word != nullptr && word->names_prerelease;
    }
    case pep::PrereleasePolicy::disallow:
        break;
    }
    return false;
}

// Joins different spellings of one version; `sorted` by version.
std::vector<Candidate> merge_spellings(std::vector<Candidate> sorted) {
    std::vector<Candidate> merged;
    for (Candidate& candidate : sorted) {
        if (!merged.empty() && merged.back().version == candidate.version) {
            std::ranges::copy(candidate.files, std::back_inserter(merged.back().files));
        } else {
            merged.push_back(std::move(candidate));
        }
    }
    return merged;
}

} // namespace

bool is_missing_wheel(Obstacle obstacle) {
    return obstacle == Obstacle::not_yet || obstacle == Obstacle::foreign ||
           obstacle == Obstacle::only_sdist;
}

std::optional<std::uint32_t> CandidateList::find(const pep::Version& version) const {
    const auto found = std::ranges::lower_bound(candidates, version, {}, &Candidate::version);
    if (found == candidates.end() || found->version != version) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(found - candidates.begin());
}

pep::VersionSet CandidateList::cell(std::uint32_t number) const {
    return pep::VersionSet::between(
        number == 0 ? pep::Cut::lowest() : pep::Cut::before(candidates[number].version),
        number + 1 == candidates.size() ? pep::Cut::highest()
                                        : pep::Cut::before(candidates[number + 1].version));
}

CandidateList list_candidates(std::shared_ptr<const PackagePage> page) {
    CandidateList list;
    std::unordered_map<std::string_view, std::size_t> by_text;
    std::string_view last_text; // files of one version mostly stand side by side
    std::size_t last = 0;
    std::string_view known_project; // the last that was compared
    bool is_this_project = false;
    for (std::uint32_t index = 0; index < page->files.size(); ++index) {
        const auto parts = split_file_name(page->files[index].filename);
        if (!parts) {
            continue;
        }
        if (parts->project != known_project) {
            known_project = parts->project;
            is_this_project = pep::normalize_name(known_project) == page->name;
        }
        if (!is_this_project) {
            continue;
        }
        if (parts->version == last_text) {
            list.candidates[last].files.push_back(index);
            continue;
        }
        if (const auto known = by_text.find(parts->version); known != by_text.end()) {
            last_text = parts->version;
            last = known->second;
            list.candidates[last].files.push_back(index);
        } else if (auto version = pep::Version::parse(parts->version)) {
            last_text = parts->version;
            last = list.candidates.size();
            by_text.emplace(last_text, last);
            Candidate& made = list.candidates.emplace_back();
            made.version = *std::move(version);
            made.text = parts->version;
            made.files = {index};
        }
    }
    if (!std::ranges::is_sorted(list.candidates, {}, &Candidate::version)) {
        std::ranges::stable_sort(list.candidates, {}, &Candidate::version);
    }
    const auto same = [](const Candidate& a, const Candidate& b) { return a.version == b.version; };
    if (std::ranges::adjacent_find(list.candidates, same) != list.candidates.end()) {
        list.candidates = merge_spellings(std::move(list.candidates));
    }
    list.page = std::move(page);
    return list;
}

bool PythonCheck::admits(const std::string& requires_python) {
    const auto [answer, is_new] = m_answers.try_emplace(requires_python, true);
    if (is_new) {
        if (const auto specifiers = pep::SpecifierSet::parse(requires_python)) {
            answer->second = admits(*specifiers);
        }
    }
    return answer->second;
}

bool PythonCheck::admits(const pep::SpecifierSet& requires_python) const {
    return m_policy.request->ignore_requires_python ||
           requires_python.versions().contains(m_policy.python);
}

void assess(Candidate& candidate, const PackagePage& page, const Policy& policy,
            PythonCheck& python) {
    candidate.assessed = true;
    std::vector<const DistFile*> files = in_time(candidate, page, policy);
    if (files.empty()) {
        return;
    }
    candidate.obstacle = Obstacle::none;
    const std::optional<std::string> wanted_python = files.front()->requires_python;
    std::erase_if(files, [&](const DistFile* file) {
        return file->requires_python && !python.admits(*file->requires_python);
    });
    if (files.empty()) {
        candidate.obstacle = Obstacle::other_python;
        candidate.detail = wanted_python.value_or("");
        return;
    }
    const bool yanked_too = may_use_yanked(candidate, page, policy);
    std::vector<const DistFile*> kept = files;
    std::erase_if(kept, [](const DistFile* file) { return file->yanked.has_value(); });
    if (kept.empty() && !yanked_too) {
        candidate.obstacle = Obstacle::yanked;
        candidate.detail = *files.front()->yanked;
        return;
    }
    if (candidate.version.is_prerelease() && !may_use_prerelease(page, policy)) {
        candidate.obstacle = Obstacle::prerelease;
        return;
    }
    const pep::TargetTags& tags = policy.request->target.tags;
    choose_wheel(candidate, read_files(kept, tags), tags);
    if (candidate.obstacle != Obstacle::none && yanked_too && kept.size() < files.size()) {
        candidate.obstacle = Obstacle::none;
        candidate.families.clear();
        choose_wheel(candidate, read_files(files, tags), tags);
    }
}

} // namespace pymode::resolving

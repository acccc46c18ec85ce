// SPDX-License-Identifier: MIT
#include "core/packaging/index/page_merger.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/packaging/index/url.hpp"
#include "core/pep/name.hpp"
#include "core/pep/wheel_name.hpp"

namespace pymode::detail {

// Sources are asked one after the other: with the safe strategy, an index learns of a name only
// when those before it do not know it.
struct PageMerger::Job {
    std::string name;
    Done done;
    std::vector<FindLinks*> links;
    std::vector<const IndexLocation*> indexes;
    std::size_t next_links = 0;
    std::size_t next_index = 0;
    PackagePage page;
    std::optional<Error> index_error; // of the first index that could not be asked
    std::optional<Error> offline_miss;
    bool pinned = false;
    bool any_index_knows = false;

    void add(std::vector<DistFile> files) {
        if (page.files.empty()) {
            page.files = std::move(files); // as a rule there is one source
            return;
        }
        std::set<std::string, std::less<>> names; // the first of two files with one name counts
        for (const DistFile& file : page.files) {
            names.insert(file.filename);
        }
        for (DistFile& file : files) {
            if (!names.contains(file.filename)) {
                page.files.push_back(std::move(file));
            }
        }
    }
};

std::string index_for_messages(const IndexLocation& index) {
    return index.name.empty() ? url_for_messages(index.url) : fmt::format("`{}`", index.name);
}

PageMerger::PageMerger(FetchContext& context) : m_context(context), m_pages(context) {
    for (const std::string& location : context.options().find_links) {
        m_find_links.push_back(std::make_unique<FindLinks>(location, m_pages));
    }
}

void PageMerger::start(const std::string& name, Done done) {
    if (!pep::is_normalized_name(name)) { // it becomes part of paths and addresses
        done(fail(ErrorCode::internal, fmt::format("`{}` is no normalised name", name)));
        return;
    }
    auto job = std::make_shared<Job>();
    job->name = name;
    job->page.name = name;
    job->done = std::move(done);
    if (auto chosen = choose_sources(*job); !chosen) {
        job->done(propagate(chosen));
        return;
    }
    if (!job->pinned) {
        add_wheelhouse(*job);
    }
    next(job);
}

Expected<> PageMerger::choose_sources(Job& job) const {
    const PackageIndexOptions& options = m_context.options();
    const auto pin = std::ranges::find(options.pinned, job.name, [](const auto& entry) {
        return pep::normalize_name(entry.first);
    });
    job.pinned = pin != options.pinned.end();
    for (const IndexLocation& index : options.indexes) {
        if (job.pinned ? index.name == pin->second : !index.explicit_only) {
            job.indexes.push_back(&index);
        }
    }
    if (job.pinned && job.indexes.empty()) {
        return fail(ErrorCode::config,
                    fmt::format("`{}` is to come from the index `{}`, which there is not", job.name,
                                pin->second),
                    "name it in [[tool.pymode.index]]");
    }
    if (!job.pinned) {
        for (const auto& links : m_find_links) {
            job.links.push_back(links.get());
        }
    }
    job.page.source_order_decides =
        options.strategy == IndexStrategy::unsafe_first_match && job.indexes.size() > 1;
    return {};
}

void PageMerger::add_wheelhouse(Job& job) const {
    std::vector<DistFile> files;
    for (const EmbeddedWheel& wheel : m_context.options().wheelhouse) {
        const auto name = pep::WheelName::parse(wheel.filename);
        if (!name || name->name != job.name) {
            continue;
        }
        DistFile file;
        file.filename = wheel.filename;
        file.url = fmt::format("wheelhouse:{}", wheel.filename);
        file.hashes = {{"sha256", std::string(wheel.sha256)}};
        file.size = wheel.bytes.size();
        file.origin = Origin::wheelhouse;
        files.push_back(std::move(file));
    }
    job.page.found = job.page.found || !files.empty();
    job.add(std::move(files));
}

void PageMerger::next(const JobPtr& job) {
    if (job->next_links < job->links.size()) {
        FindLinks& links = *job->links[job->next_links++];
        links.start([this, job, &links](const FindLinks::Result& result) {
            take_links(job, links, result);
        });
        return;
    }
    const bool only_first = m_context.options().strategy == IndexStrategy::first_index;
    if (job->next_index < job->indexes.size() && !(only_first && job->any_index_knows) &&
        !job->index_error) {
        const IndexLocation& index = *job->indexes[job->next_index++];
        m_pages.start(page_of_index(index, job->name),
                      [this, job, &index](PageFetcher::Result result) {
                          take_page(job, index, std::move(result));
                      });
        return;
    }
    finish(job);
}

void PageMerger::take_links(const JobPtr& job, const FindLinks& links,
                            const FindLinks::Result& result) {
    if (!result) {
        if (result.error().code != ErrorCode::not_found || !m_context.options().offline) {
            Error error = result.error();
            error.notes.push_back(
                fmt::format("asked for because of --find-links {}", links.location()));
            job->done(std::unexpected(std::move(error)));
            return;
        }
        job->offline_miss = result.error();
    } else if (const auto found = (*result)->find(job->name); found != (*result)->end()) {
        job->page.found = true;
        job->add(found->second);
    }
    next(job);
}

void PageMerger::take_page(const JobPtr& job, const IndexLocation& index,
                           PageFetcher::Result result) {
    if (!result) {
        if (m_context.options().offline && result.error().code == ErrorCode::not_found) {
            job->offline_miss = std::move(result.error());
        } else {
            job->index_error = std::move(result.error());
        }
    } else if (*result) {
        const ProjectStatus& status = (*result)->status;
        if (!job->any_index_knows) {
            job->page.status = status;
        }
        if (status.kind == ProjectStatus::Kind::quarantined) {
            job->page.notes.push_back(fmt::format(
                "`{}` is in quarantine on {}: it offers no files{}{}", job->name,
                index_for_messages(index), status.reason.empty() ? "" : ": ", status.reason));
        }
        job->page.found = true;
        job->any_index_knows = true;
        job->add(std::move((*result)->files));
        const bool only_first = m_context.options().strategy == IndexStrategy::first_index;
        for (std::size_t i = job->next_index; only_first && i < job->indexes.size(); ++i) {
            job->page.notes.push_back(fmt::format(
                "`{}` was found on {}, so {} was not asked for it (--index-strategy)", job->name,
                index_for_messages(index), index_for_messages(*job->indexes[i])));
        }
    }
    next(job);
}

// An index that cannot be asked is an error, unless something of ours or of the user's has the
// project: the wheelhouse is as good without a network.
void PageMerger::finish(const JobPtr& job) {
    const bool cancelled = job->index_error && job->index_error->code == ErrorCode::cancelled;
    if (job->index_error && (cancelled || job->any_index_knows || job->page.files.empty())) {
        job->done(std::unexpected(std::move(*job->index_error)));
        return;
    }
    if (job->index_error) {
        job->page.notes.push_back(
            fmt::format("only what needs no index counts: {}", job->index_error->message));
    }
    if (job->offline_miss && !job->page.found) {
        job->done(std::unexpected(
            Error{ErrorCode::network,
                  fmt::format("cannot look for `{}`: there is no network (--offline), and its page "
                              "is not in the cache",
                              job->name),
                  {},
                  "",
                  std::nullopt}));
        return;
    }
    if (m_context.options().offline) {
        job->page.notes.emplace_back("only what is in the cache counts (--offline)");
    }
    job->done(std::make_shared<const PackagePage>(std::move(job->page)));
}

} // namespace pymode::detail

// SPDX-License-Identifier: MIT
#include "core/packaging/index/package_index.hpp"

#include <condition_variable>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "core/base/parallel.hpp"
#include "core/packaging/index/fetch_context.hpp"
#include "core/packaging/index/metadata_fetcher.hpp"
#include "core/packaging/index/page_merger.hpp"
#include "core/packaging/index/pending.hpp"
#include "core/packaging/index/url.hpp"
#include "core/packaging/index/wheel_fetcher.hpp"

namespace pymode {

namespace {

using namespace std::chrono_literals;
using detail::FetchContext;
using detail::Pending;
using detail::TransferCount;

using PagePtr = std::shared_ptr<const PackagePage>;
using MetadataPtr = std::shared_ptr<const pep::CoreMetadata>;

// How often progress is shown at most.
constexpr auto progress_pause = 50ms;

// Values by key, each asked for once.
template <class T> class Registry {
  public:
    std::shared_ptr<Pending<T>> at(std::string_view key) {
        const std::lock_guard lock(m_mutex);
        auto found = m_values.find(key);
        if (found == m_values.end()) {
            found = m_values.emplace(std::string(key), std::make_shared<Pending<T>>()).first;
        }
        return found->second;
    }

  private:
    std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<Pending<T>>, std::less<>> m_values;
};

using FetchedPath = Expected<std::filesystem::path>;

// The wheels of one call of fetch.
struct Download {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t missing = 0;
    std::vector<std::optional<FetchedPath>> paths;
    std::vector<std::shared_ptr<TransferCount>> counts;
};

// One for two files that are the same file.
std::string file_key(const DistFile& file) {
    std::string key = file.url;
    for (const auto& [algorithm, digits] : file.hashes) {
        key += fmt::format("#{}={}", algorithm, digits);
    }
    return key;
}

class IndexSource final : public PackageSource {
  public:
    IndexSource(PackageIndexOptions options, const Env& env, Clock& clock,
                const CancelToken& cancel, CacheStore cache)
        : m_options(std::move(options)), m_context(std::make_unique<FetchContext>(
                                             m_options, env, clock, cancel, std::move(cache))),
          m_wheels(*m_context), m_metadata(*m_context, m_wheels), m_pages(*m_context) {}
    IndexSource(const IndexSource&) = delete;
    IndexSource& operator=(const IndexSource&) = delete;
    // The context stops everything; what it would call is still there then.
    ~IndexSource() override { m_context->shut_down(); }

    void prefetch_page(std::string_view name) override {
        const auto pending = m_known_pages.at(name);
        m_context->post([this, pending, name = std::string(name)] { see_to(pending, name); });
    }

    void prefetch_metadata(const DistFile& wheel) override {
        const auto pending = m_known_metadata.at(file_key(wheel));
        m_context->post([this, pending, wheel] { see_to(pending, wheel); });
    }

    Expected<PagePtr> page(std::string_view name) override {
        const auto pending = m_known_pages.at(name);
        see_to(pending, std::string(name)); // at once, if no worker has begun
        return pending->wait();
    }

    Expected<MetadataPtr> metadata(const DistFile& wheel) override {
        const auto pending = m_known_metadata.at(file_key(wheel));
        see_to(pending, wheel);
        return pending->wait();
    }

    Expected<std::vector<std::filesystem::path>>
    fetch(std::span<const DistFile> wheels,
          const std::function<void(const FetchProgress&)>& on_progress) override;

  private:
    void see_to(const std::shared_ptr<Pending<PagePtr>>& pending, const std::string& name) {
        if (pending->claim()) {
            m_pages.start(name,
                          [pending](Expected<PagePtr> page) { pending->set(std::move(page)); });
        }
    }

    void see_to(const std::shared_ptr<Pending<MetadataPtr>>& pending, const DistFile& wheel) {
        if (pending->claim()) {
            m_metadata.start(wheel, [pending](Expected<MetadataPtr> metadata) {
                pending->set(std::move(metadata));
            });
        }
    }

    PackageIndexOptions m_options;
    std::unique_ptr<FetchContext> m_context;
    detail::WheelFetcher m_wheels;
    detail::MetadataFetcher m_metadata;
    detail::PageMerger m_pages;
    Registry<PagePtr> m_known_pages;
    Registry<MetadataPtr> m_known_metadata;
};

void show_progress(const Download& download, std::span<const DistFile> wheels,
                   std::vector<std::uint64_t>& shown,
                   const std::function<void(const FetchProgress&)>& on_progress) {
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        const TransferCount& count = *download.counts[i];
        const bool done = download.paths[i].has_value();
        // One more than the bytes: 0 is "nothing was shown yet".
        const std::uint64_t state = count.received + 1;
        if (shown[i] == UINT64_MAX || (state == shown[i] && !done) || (state == 1 && !done)) {
            continue;
        }
        shown[i] = done ? UINT64_MAX : state;
        on_progress({wheels[i].filename, count.received, count.total, done});
    }
}

Expected<std::vector<std::filesystem::path>>
IndexSource::fetch(std::span<const DistFile> wheels,
                   const std::function<void(const FetchProgress&)>& on_progress) {
    const auto download = std::make_shared<Download>();
    download->missing = wheels.size();
    download->paths.resize(wheels.size());
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        download->counts.push_back(std::make_shared<TransferCount>());
        download->counts[i]->total = wheels[i].size.value_or(0);
    }
    // Wheels that are here already have to be hashed: by all threads, not by that of the transfers.
    for_each_parallel(wheels.size(), [&](std::size_t i) {
        auto here = m_wheels.local(wheels[i]);
        if (!here || *here) {
            const std::lock_guard lock(download->mutex);
            download->paths[i] = here ? std::move(**here) : FetchedPath(propagate(here));
            --download->missing;
        }
    });
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        if (download->paths[i]) {
            continue;
        }
        m_context->post([this, download, i, wheel = wheels[i]] {
            m_wheels.start(wheel, download->counts[i], [download, i](FetchedPath path) {
                const std::lock_guard lock(download->mutex);
                download->paths[i] = std::move(path);
                --download->missing;
                download->changed.notify_all();
            });
        });
    }
    std::vector<std::uint64_t> shown(wheels.size(), 0);
    std::unique_lock lock(download->mutex);
    const auto is_done = [&] { return download->missing == 0; };
    if (on_progress) {
        while (!download->changed.wait_for(lock, progress_pause, is_done)) {
            show_progress(*download, wheels, shown, on_progress);
        }
        show_progress(*download, wheels, shown, on_progress);
    } else {
        download->changed.wait(lock, is_done);
    }
    std::vector<std::filesystem::path> paths;
    for (auto& path : download->paths) {
        if (!*path) {
            return propagate(*path);
        }
        paths.push_back(std::move(**path));
    }
    return paths;
}

Expected<> check_locations(const PackageIndexOptions& options) {
    for (const IndexLocation& index : options.indexes) {
        if (!is_web_url(index.url) && !is_file_url(index.url)) {
            return fail(ErrorCode::config,
                        fmt::format("the index {}{}has no URL of the form https://HOST/PATH",
                                    index.name.empty() ? "" : "`" + index.name + "`",
                                    index.name.empty() ? "" : " "),
                        "a folder is named by a file: URL, or by --find-links");
        }
    }
    return {};
}

} // namespace

Expected<std::unique_ptr<PackageSource>> make_package_source(PackageIndexOptions options,
                                                             const Env& env, Clock& clock,
                                                             const CancelToken& cancel) {
    if (auto checked = check_locations(options); !checked) {
        return propagate(checked);
    }
    auto cache = CacheStore::open(options.cache, cancel);
    if (!cache) {
        return propagate(cache);
    }
    return std::make_unique<IndexSource>(std::move(options), env, clock, cancel, std::move(*cache));
}

} // namespace pymode

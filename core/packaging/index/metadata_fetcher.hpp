// SPDX-License-Identifier: MIT
// The METADATA of wheels, by the cheapest way there is: the cache, the wheel if it is at hand, the
// file beside it (PEP 658), parts of the wheel, the whole wheel.
#pragma once

#include <functional>
#include <memory>

#include "core/packaging/index/fetch_context.hpp"
#include "core/packaging/index/wheel_fetcher.hpp"
#include "core/pep/metadata.hpp"

namespace pymode::detail {

class MetadataFetcher {
  public:
    MetadataFetcher(FetchContext& context, WheelFetcher& wheels)
        : m_context(context), m_wheels(wheels) {}

    using Result = Expected<std::shared_ptr<const pep::CoreMetadata>>;
    using Done = std::function<void(Result)>;

    // Calls `done` once, perhaps before it returns.
    void start(const DistFile& wheel, Done done);

  private:
    struct Job;
    using JobPtr = std::shared_ptr<Job>;

    void ask_metadata_file(const JobPtr& job);
    void on_metadata_file(const JobPtr& job, Expected<HttpResponse> response);
    void ask_wheel(const JobPtr& job);
    void ask_range(const JobPtr& job);
    void on_range(const JobPtr& job, Expected<HttpResponse> response);
    [[nodiscard]] Expected<> take_part(Job& job, const HttpResponse& response);
    void next_part(const JobPtr& job);
    void ask_whole(const JobPtr& job);
    void read_file(const JobPtr& job, const Expected<std::filesystem::path>& path);
    void finish(const JobPtr& job, Expected<std::string> text, const HttpResponse* response);

    FetchContext& m_context;
    WheelFetcher& m_wheels;
};

// METADATA of a wheel with this file name; an error (ErrorCode::config) when it cannot be
// understood or belongs to another project or version.
[[nodiscard]] MetadataFetcher::Result check_metadata(const DistFile& wheel, std::string_view text);

} // namespace pymode::detail

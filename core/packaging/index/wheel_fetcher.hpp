// SPDX-License-Identifier: MIT
// Whole wheels: from the cache, from disk, from this executable, or over HTTP into the cache.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/packaging/dist_file.hpp"
#include "core/packaging/index/fetch_context.hpp"
#include "core/packaging/index/wheel_sink.hpp"

namespace pymode::detail {

class WheelFetcher {
  public:
    explicit WheelFetcher(FetchContext& context) : m_context(context) {}

    using Done = std::function<void(Expected<std::filesystem::path>)>;

    // Calls `done` once, perhaps before it returns: it reads and hashes files.
    void start(const DistFile& wheel, std::shared_ptr<TransferCount> count, Done done);

    // The wheel where it needs no network, checked; nothing when it does.
    [[nodiscard]] Expected<std::optional<std::filesystem::path>> local(const DistFile& wheel);

    // One inside this executable.
    [[nodiscard]] const EmbeddedWheel* embedded(const DistFile& wheel) const;

    // What a sink has got of this answer is put into the cache.
    [[nodiscard]] Expected<std::filesystem::path> store(const DistFile& wheel, WheelSink& sink,
                                                        const HttpResponse& response);

  private:
    void download(const DistFile& wheel, std::shared_ptr<TransferCount> count, Done done);

    FetchContext& m_context;
};

// Hashes that are known of a file are right.
[[nodiscard]] Expected<> check_file(const std::filesystem::path& path, const DistFile& wheel);

} // namespace pymode::detail

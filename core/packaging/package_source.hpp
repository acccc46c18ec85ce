// SPDX-License-Identifier: MIT
// What resolving and installing ask of the world: the seam between pure rules and network, cache
// and disk. The program has `make_package_source` (core/packaging/index/); tests have their own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/pep/metadata.hpp"

namespace pymode {

struct FetchProgress {
    std::string filename;
    std::uint64_t received = 0;
    std::uint64_t total = 0; // 0: unknown
    bool done = false;
};

class PackageSource {
  public:
    virtual ~PackageSource() = default;

    // Starts what the calls below would wait for; never blocks, reports nothing.
    virtual void prefetch_page(std::string_view name) = 0;
    virtual void prefetch_metadata(const DistFile& wheel) = 0;

    // `name` is normalised. A name that nobody knows is a page with `found` false; an Error means
    // that a source could not be asked (network, 401, a page that cannot be read).
    [[nodiscard]] virtual Expected<std::shared_ptr<const PackagePage>>
    page(std::string_view name) = 0;

    // The METADATA of a wheel, its name and version checked against the file name.
    // ErrorCode::config when the metadata itself cannot be used (that version then counts as
    // unusable).
    [[nodiscard]] virtual Expected<std::shared_ptr<const pep::CoreMetadata>>
    metadata(const DistFile& wheel) = 0;

    // The wheels on disk, in the order asked for: fetched in parallel, sizes and hashes checked.
    // `on_progress` may be empty; it is called from the caller's thread. The paths lie in the
    // cache, or are the user's own (file:), and must not be written to.
    [[nodiscard]] virtual Expected<std::vector<std::filesystem::path>>
    fetch(std::span<const DistFile> wheels,
          const std::function<void(const FetchProgress&)>& on_progress) = 0;
};

} // namespace pymode

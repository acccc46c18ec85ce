// SPDX-License-Identifier: MIT
// The cache of packages as its users see it: where it is, how big it is, making it smaller. What is
// in it is described in docs/packages/indexes-and-cache.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"

namespace pymode {

// $PYMODE_CACHE_DIR, $XDG_CACHE_HOME/pymode, ~/.cache/pymode: the first that there is. Absolute.
[[nodiscard]] Expected<std::filesystem::path> cache_dir(const Env& env);

struct CacheAmount {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

// What is in the cache now; a cache that does not exist holds nothing.
[[nodiscard]] Expected<CacheAmount> cache_size(const std::filesystem::path& cache);

// The projects whose pages some index has answered with, normalised and sorted; at most `limit`. A
// cache that cannot be read has none.
[[nodiscard]] std::vector<std::string> cached_project_names(const std::filesystem::path& cache,
                                                            std::size_t limit);

// Removes everything that pymode put there, and nothing else. Waits until no command uses the
// cache. Says how much went.
[[nodiscard]] Expected<CacheAmount> cache_clean(const std::filesystem::path& cache,
                                                const CancelToken& cancel);

// Removes what is of no use any more: buckets of other versions of pymode, files that a killed
// command left half-written, pages older than a month, and wheels and metadata that nobody has
// asked for in 90 days.
[[nodiscard]] Expected<CacheAmount> cache_prune(const std::filesystem::path& cache,
                                                const Clock& clock, const CancelToken& cancel);

} // namespace pymode

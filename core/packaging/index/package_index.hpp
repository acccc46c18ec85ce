// SPDX-License-Identifier: MIT
// The PackageSource of the program: indexes, folders of wheels, the wheelhouse, and the cache.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/retry.hpp"
#include "core/packaging/package_source.hpp"

namespace pymode {

struct IndexLocation {
    std::string name; // of [[tool.pymode.index]]; may be empty
    std::string url;  // may hold credentials: they are kept out of everything shown or written
    bool explicit_only = false; // asked only for packages that `pinned` sends there
};

enum class IndexStrategy {
    first_index,        // the first index that knows a name is the only one asked for it
    unsafe_first_match, // all are asked; the order of the indexes decides before the version
    unsafe_best_match,  // all are asked; the best version of all
};

// A wheel inside the executable.
struct EmbeddedWheel {
    std::string_view filename;
    ByteView bytes;
    std::string_view sha256;
};

struct PackageIndexOptions {
    std::vector<IndexLocation> indexes;        // in the order of asking
    std::vector<std::string> find_links;       // folders, file: URLs or pages
    std::span<const EmbeddedWheel> wheelhouse; // empty with --no-wheelhouse
    // Package → name of the index it comes from ([tool.pymode.sources]).
    std::vector<std::pair<std::string, std::string>> pinned;
    IndexStrategy strategy = IndexStrategy::first_index;
    bool offline = false;
    bool refresh = false;        // pages are asked for anew whatever their age
    std::filesystem::path cache; // the cache's root; for --no-cache a temporary folder
    std::size_t max_connections = 16;
    std::chrono::milliseconds timeout{30'000}; // without a byte
    RetryPolicy retry;
    // Lines for -v: requests, entries of pages that were left out. From any thread, one at a time;
    // never a secret in it.
    std::function<void(std::string_view)> on_debug;
};

// `env`, `clock` must outlive it; embedded bytes live as long as the program.
[[nodiscard]] Expected<std::unique_ptr<PackageSource>>
make_package_source(PackageIndexOptions options, const Env& env, Clock& clock,
                    const CancelToken& cancel);

} // namespace pymode

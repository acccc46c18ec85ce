// SPDX-License-Identifier: MIT
// A source over a loopback index and a cache of its own.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/base/file.hpp"
#include "core/packaging/index/package_index.hpp"
#include "tests/unit/support/fake_clock.hpp"
#include "tests/unit/support/index_server.hpp"

namespace pymode::test {

struct IndexFixture {
    TempDir folder = TempDir::create().value();
    FakeClock clock;
    CancelToken cancel;
    Env env;
    IndexServer server;
    PackageIndexOptions options;
    std::mutex mutex;
    std::string debug; // all lines

    IndexFixture() {
        options.indexes = {{"", server.url(), false}};
        options.cache = folder.path() / "cache";
        options.retry.max_attempts = 3;
        options.on_debug = [this](std::string_view line) {
            const std::lock_guard lock(mutex);
            debug += std::string(line) + "\n";
        };
    }

    [[nodiscard]] std::unique_ptr<PackageSource> source() {
        return make_package_source(options, env, clock, cancel).value();
    }

    // The first file of the project's page.
    [[nodiscard]] DistFile file(PackageSource& source, const std::string& project) {
        return source.page(project).value()->files.at(0);
    }

    // Files below the cache that are no lock or tag, and whether one is half-written.
    [[nodiscard]] std::vector<std::string> cached(const std::string& bucket) const {
        std::vector<std::string> found;
        std::error_code error;
        for (const auto& entry : fs::recursive_directory_iterator(options.cache / bucket, error)) {
            if (entry.is_regular_file()) {
                found.push_back(entry.path().filename().string());
            }
        }
        return found;
    }
};

} // namespace pymode::test

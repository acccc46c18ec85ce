// SPDX-License-Identifier: MIT
#include "core/packaging/index/cache.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/base/lock.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/pep/name.hpp"

namespace pymode {

namespace {

using std::chrono::hours;

constexpr hours page_age{30 * 24};
constexpr hours use_age{90 * 24};

constexpr std::array buckets{page_bucket, metadata_bucket, wheel_bucket, prepared_bucket,
                             bytecode_bucket};

// "simple-v1": a bucket of this or of another version of pymode. Whatever else is in the folder is
// not ours to remove: the user may have named any folder.
bool is_bucket(std::string_view name) {
    const auto dash = name.rfind("-v");
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return dash != std::string_view::npos && dash > 0 && dash + 2 < name.size() &&
           std::ranges::all_of(name.substr(0, dash), is_letter) &&
           std::ranges::all_of(name.substr(dash + 2), is_digit);
}

Expected<std::vector<fs::path>> list_buckets(const fs::path& cache) {
    std::vector<fs::path> found;
    std::error_code error;
    for (auto entry = fs::directory_iterator(cache, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored) && !entry->is_symlink(ignored) &&
            is_bucket(entry->path().filename().string())) {
            found.push_back(entry->path());
        }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read the cache {}", cache.string()),
                          error.value());
    }
    std::ranges::sort(found);
    return found;
}

// Calls `visit` with every regular file below; false of it removes the file.
template <class Visit> Expected<> walk(const fs::path& folder, const Visit& visit) {
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        std::error_code gone; // another process may have removed it meanwhile
        if (!entry->is_regular_file(gone) || entry->is_symlink(gone)) {
            continue;
        }
        if (!visit(*entry)) {
            fs::remove(entry->path(), gone);
            if (gone) {
                return fail_errno(ErrorCode::io,
                                  fmt::format("cannot remove {}", entry->path().string()),
                                  gone.value());
            }
        }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        return fail_errno(ErrorCode::io, fmt::format("cannot read the cache {}", folder.string()),
                          error.value());
    }
    return {};
}

void count(CacheAmount& amount, const fs::directory_entry& entry) {
    std::error_code error;
    const auto size = entry.file_size(error);
    amount.files += 1;
    amount.bytes += error ? 0 : size;
}

Expected<CacheAmount> amount_of(const std::vector<fs::path>& folders) {
    CacheAmount amount;
    for (const fs::path& folder : folders) {
        auto walked = walk(folder, [&](const fs::directory_entry& entry) {
            count(amount, entry);
            return true;
        });
        if (!walked) {
            return propagate(walked);
        }
    }
    return amount;
}

Expected<CacheAmount> remove_folders(const std::vector<fs::path>& folders) {
    auto amount = amount_of(folders);
    for (const fs::path& folder : folders) {
        if (auto removed = remove_tree(folder); !removed) {
            return propagate(removed);
        }
    }
    return amount;
}

bool is_current_bucket(std::string_view name) {
    return std::ranges::find(buckets, name) != buckets.end();
}

// A bucket of ours as another version of pymode knows it. Buckets that only others know stay.
bool is_outdated_bucket(const fs::path& folder) {
    const std::string name = folder.filename().string();
    const std::string stem = name.substr(0, name.rfind('-'));
    return !is_current_bucket(name) && std::ranges::any_of(buckets, [&](std::string_view bucket) {
        return bucket.substr(0, bucket.rfind('-')) == stem;
    });
}

// With the exclusive lock every file that begins with a dot is one that nobody writes any more.
Expected<> prune_bucket(const fs::path& folder, const Clock& clock, CacheAmount& removed) {
    const auto limit = folder.filename() == page_bucket ? page_age : use_age;
    const auto now = clock.wall_time();
    return walk(folder, [&](const fs::directory_entry& entry) {
        std::error_code error;
        const auto written = fs::file_time_type::clock::to_sys(entry.last_write_time(error));
        const bool stale =
            entry.path().filename().string().starts_with('.') || (!error && now - written > limit);
        if (stale) {
            count(removed, entry);
        }
        return !stale;
    });
}

} // namespace

Expected<fs::path> cache_dir(const Env& env) {
    const auto absolute = [](const fs::path& path) -> Expected<fs::path> {
        std::error_code error;
        fs::path result = fs::absolute(path, error);
        if (error) {
            return fail_errno(ErrorCode::io, fmt::format("cannot find {}", path.string()),
                              error.value());
        }
        return result.lexically_normal();
    };
    if (const auto named = env.get_nonempty("PYMODE_CACHE_DIR")) {
        return absolute(*named);
    }
    const auto xdg = env.get_nonempty("XDG_CACHE_HOME");
    if (xdg && xdg->starts_with('/')) { // the standard says that others are to be ignored
        return absolute(fs::path(*xdg) / "pymode");
    }
    if (const auto home = env.home()) {
        return absolute(*home / ".cache" / "pymode");
    }
    return fail(ErrorCode::config, "there is no place for the cache: HOME is not set",
                "PYMODE_CACHE_DIR names a folder; --no-cache does without");
}

Expected<CacheAmount> cache_size(const fs::path& cache) {
    const auto folders = list_buckets(cache);
    return folders ? amount_of(*folders) : propagate(folders);
}

std::vector<std::string> cached_project_names(const fs::path& cache, std::size_t limit) {
    std::set<std::string> names;
    std::error_code error;
    // SIMPLE/INDEX/PROJECT: CacheStore::page_path.
    fs::recursive_directory_iterator entry(cache / page_bucket, error);
    for (; !error && entry != fs::recursive_directory_iterator() && names.size() < limit;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (entry.depth() == 1 && pep::is_normalized_name(name)) {
            names.insert(name);
        }
    }
    return {names.begin(), names.end()};
}

Expected<CacheAmount> cache_clean(const fs::path& cache, const CancelToken& cancel) {
    std::error_code error;
    if (!fs::exists(cache, error)) {
        return CacheAmount{};
    }
    const auto lock = FileLock::acquire(cache / cache_lock_name, cancel);
    if (!lock) {
        return propagate(lock);
    }
    const auto folders = list_buckets(cache);
    return folders ? remove_folders(*folders) : propagate(folders);
}

Expected<CacheAmount> cache_prune(const fs::path& cache, const Clock& clock,
                                  const CancelToken& cancel) {
    std::error_code error;
    if (!fs::exists(cache, error)) {
        return CacheAmount{};
    }
    const auto lock = FileLock::acquire(cache / cache_lock_name, cancel);
    if (!lock) {
        return propagate(lock);
    }
    auto folders = list_buckets(cache);
    if (!folders) {
        return propagate(folders);
    }
    std::vector<fs::path> outdated;
    std::ranges::copy_if(*folders, std::back_inserter(outdated), is_outdated_bucket);
    auto removed = remove_folders(outdated);
    if (!removed) {
        return removed;
    }
    for (const fs::path& folder : *folders) {
        if (is_current_bucket(folder.filename().string())) {
            if (auto pruned = prune_bucket(folder, clock, *removed); !pruned) {
                return propagate(pruned);
            }
        }
    }
    return removed;
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#include "core/packaging/install/bytecode_cache.hpp"

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/packaging/cache_folder.hpp"
#include "core/packaging/install/zip_assembly.hpp"

namespace pymode {

namespace {

struct KeptFile {
    fs::path path;
    std::uint64_t bytes = 0;
    fs::file_time_type used;
};

// Another run may remove files meanwhile: what cannot be looked at is gone.
std::vector<KeptFile> kept_files(const fs::path& folder) {
    std::vector<KeptFile> files;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code gone;
        KeptFile file{entry->path(), entry->file_size(gone), {}};
        if (!gone) {
            file.used = entry->last_write_time(gone);
        }
        if (!gone) {
            files.push_back(std::move(file));
        }
    }
    return files;
}

} // namespace

Expected<PackageBytecode> open_bytecode(std::string archive) {
    auto layout = read_zip_layout(as_bytes(archive), assembled_limits);
    if (!layout) {
        return propagate(layout);
    }
    if (layout->members.empty() || layout->members.back().name != state_member) {
        return fail(ErrorCode::archive, "no bytecode of a package");
    }
    const auto text = unpack_member(as_bytes(archive), layout->members.back());
    if (!text) {
        return propagate(text);
    }
    auto state = parse_bytecode_state(as_text(*text));
    if (!state) {
        return propagate(state);
    }
    layout->members.pop_back();
    if (state->hashes.size() != layout->members.size()) {
        return fail(ErrorCode::archive, "bytecode of a package without its hashes");
    }
    return PackageBytecode{std::move(archive), std::move(*layout), std::move(*state)};
}

BytecodeCache::BytecodeCache(BytecodeCacheOptions options, std::optional<FileLock> lock)
    : m_options(std::move(options)), m_lock(std::move(lock)) {
    if (m_lock) {
        m_folder = m_options.root / bytecode_bucket;
    }
}

Expected<BytecodeCache> BytecodeCache::open(BytecodeCacheOptions options,
                                            const CancelToken& cancel) {
    if (options.root.empty()) {
        return BytecodeCache(std::move(options), std::nullopt);
    }
    auto lock = open_cache_folder(options.root, cancel);
    if (lock) {
        return BytecodeCache(std::move(options), std::move(*lock));
    }
    if (lock.error().code == ErrorCode::cancelled) {
        return propagate(lock);
    }
    options.log.info("cache: bytecode is not kept: {}", lock.error().message);
    return BytecodeCache(std::move(options), std::nullopt);
}

fs::path BytecodeCache::path_of(std::span<const PackageModule> modules) const {
    Sha256 hasher;
    const auto add = [&](std::string_view text) {
        hasher.update(as_bytes(text));
        hasher.update(as_bytes("\n"));
    };
    add(m_options.compiler);
    for (const PackageModule& module : modules) {
        add(module.path);
        add(module.hash);
    }
    return m_folder / hasher.finish().substr(0, 40);
}

std::optional<PackageBytecode> BytecodeCache::load(std::span<const PackageModule> modules) const {
    if (m_folder.empty()) {
        return std::nullopt;
    }
    const fs::path path = path_of(modules);
    auto content = read_cache_entry(path);
    auto bytecode = content ? open_bytecode(std::move(*content)) : std::unexpected(Error{});
    if (!bytecode) {
        return std::nullopt;
    }
    mark_used(path, SystemClock());
    return std::move(*bytecode);
}

void BytecodeCache::store(std::span<const PackageModule> modules,
                          const PackageBytecode& bytecode) const {
    if (m_folder.empty()) {
        return;
    }
    if (auto put = write_cache_entry(path_of(modules), bytecode.archive); !put) {
        m_options.log.info("cache: cannot be written: {}", put.error().message);
    }
}

void BytecodeCache::shrink() const {
    if (m_folder.empty()) {
        return;
    }
    std::vector<KeptFile> files = kept_files(m_folder);
    std::uint64_t total = 0;
    for (const KeptFile& file : files) {
        total += file.bytes;
    }
    std::ranges::sort(files, {}, &KeptFile::used);
    for (const KeptFile& file : files) {
        if (total <= m_options.max_bytes) {
            return;
        }
        std::error_code error;
        fs::remove(file.path, error);
        if (!error) {
            total -= file.bytes;
            m_options.log.debug("cache: removed {}, the bytecode unused for longest",
                                file.path.filename().string());
        }
    }
}

} // namespace pymode

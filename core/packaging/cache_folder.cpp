// SPDX-License-Identifier: MIT
#include "core/packaging/cache_folder.hpp"

#include "core/base/file.hpp"
#include "core/base/hash.hpp"

namespace pymode {

namespace {

constexpr std::string_view magic = "pymode1\n";
constexpr std::size_t digest_size = 64;
constexpr std::uint64_t max_entry_bytes = std::uint64_t{128} << 20;

constexpr std::string_view cache_tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
                                       "# This folder is a cache of pymode.\n";

Expected<FileLock> open_folder(const fs::path& root, const CancelToken& cancel) {
    if (auto made = make_directories(root); !made) {
        return propagate(made);
    }
    auto lock = FileLock::acquire(root / cache_lock_name, cancel, LockKind::shared);
    std::error_code error;
    if (lock && !fs::exists(root / "CACHEDIR.TAG", error)) {
        if (auto tagged = write_file_atomic(root / "CACHEDIR.TAG", cache_tag); !tagged) {
            return propagate(tagged);
        }
    }
    return lock;
}

} // namespace

Expected<FileLock> open_cache_folder(const fs::path& root, const CancelToken& cancel) {
    auto lock = open_folder(root, cancel);
    if (!lock) {
        return std::unexpected(std::move(lock.error())
                                   .with_hint("PYMODE_CACHE_DIR or --cache-dir name another "
                                              "folder; --no-cache does without"));
    }
    return lock;
}

std::optional<std::string> read_cache_entry(const fs::path& path) {
    auto bytes = read_text_file(path, max_entry_bytes);
    constexpr std::size_t head = magic.size() + digest_size;
    if (!bytes || bytes->size() < head || !bytes->starts_with(magic)) {
        return std::nullopt;
    }
    const std::string_view content = std::string_view(*bytes).substr(head);
    if (sha256_hex(as_bytes(content)) != bytes->substr(magic.size(), digest_size)) {
        return std::nullopt;
    }
    bytes->erase(0, head);
    return std::move(*bytes);
}

Expected<> write_cache_entry(const fs::path& path, std::string_view content) {
    if (content.size() > max_entry_bytes - magic.size() - digest_size) {
        return {}; // it would not be read again
    }
    auto file = AtomicFile::create(path);
    if (!file) {
        if (auto made = make_directories(path.parent_path()); !made) {
            return made;
        }
        file = AtomicFile::create(path);
    }
    if (!file) {
        return propagate(file);
    }
    const std::string head = std::string(magic) + sha256_hex(as_bytes(content));
    if (auto written = file->write(as_bytes(head)); !written) {
        return written;
    }
    if (auto written = file->write(as_bytes(content)); !written) {
        return written;
    }
    return file->commit(Durable::no); // the checksum tells when a crash has spoilt it
}

void mark_used(const fs::path& path, const Clock& clock) {
    std::error_code error;
    const auto now = fs::file_time_type::clock::from_sys(
        std::chrono::time_point_cast<fs::file_time_type::duration>(clock.wall_time()));
    const auto written = fs::last_write_time(path, error);
    if (!error && now - written > std::chrono::hours(24)) {
        fs::last_write_time(path, now, error); // no harm when it fails: it looks older than it is
    }
}

} // namespace pymode

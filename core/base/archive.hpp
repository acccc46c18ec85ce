// SPDX-License-Identifier: MIT
// Zip archives: a reader that trusts nothing and a writer that always makes the same bytes of the
// same input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

struct ArchiveLimits {
    std::uint64_t max_members = 50'000;
    std::uint64_t max_archive_bytes = std::uint64_t{512} << 20; // the file itself
    std::uint64_t max_member_bytes = std::uint64_t{256} << 20;  // one member, unpacked
    std::uint64_t max_total_bytes = std::uint64_t{1} << 30;     // all members, unpacked
    // Unpacked to packed. Deflate can reach 1032; what people really pack stays far below. Counts
    // for members above 1 MiB only: small ones cannot do harm.
    std::uint64_t max_ratio = 500;
};

struct ArchiveMember {
    std::string path; // checked by `check_archive_path`; folders end in '/'
    std::uint64_t size = 0;
    std::uint64_t compressed_size = 0;
    std::uint32_t crc32 = 0;
    std::uint32_t mode = 0; // Unix permission bits; 0 when the archive does not say
    bool is_directory = false;
    bool is_symlink = false; // its content is the target; the reader never follows it
};

// A member's path as it may be joined to a folder: relative, '/' only, valid UTF-8, no empty, "."
// or ".." part, no control character, no backslash, no drive letter, at most 1,024 bytes.
[[nodiscard]] Expected<> check_archive_path(std::string_view path);

// All limits and paths are checked in `open`, before any content is read: duplicate paths (also
// "a" beside "a/"), encrypted members and compression methods
// other than stored and deflate are refused.
class ArchiveReader {
  public:
    [[nodiscard]] static Expected<ArchiveReader> open(const std::filesystem::path& path,
                                                      const ArchiveLimits& limits = {});

    // `bytes` must outlive the reader.
    [[nodiscard]] static Expected<ArchiveReader> from_memory(ByteView bytes,
                                                             const ArchiveLimits& limits = {});

    ArchiveReader(ArchiveReader&&) noexcept;
    ArchiveReader& operator=(ArchiveReader&&) noexcept;
    ~ArchiveReader();

    // In the order of the archive's directory.
    [[nodiscard]] std::span<const ArchiveMember> members() const;

    // Nullptr when there is none.
    [[nodiscard]] const ArchiveMember* find(std::string_view path) const;

    // `member` comes from `members` or `find`. The content has the promised size and checksum, or
    // it is an error.
    [[nodiscard]] Expected<Bytes> read(const ArchiveMember& member) const;

  private:
    struct State;
    explicit ArchiveReader(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

enum class Compress { no, yes };

// Members are sorted by path, dated 1980-01-01, mode 0644, stored or deflated at level 9. Folders
// have no entries of their own.
class ArchiveWriter {
  public:
    ArchiveWriter();
    ArchiveWriter(ArchiveWriter&&) noexcept;
    ArchiveWriter& operator=(ArchiveWriter&&) noexcept;
    ~ArchiveWriter();

    // Copies nothing but what it is given. A bad path or one that was added already is an error.
    [[nodiscard]] Expected<> add(std::string path, Bytes content,
                                 Compress compress = Compress::yes);

    // The archive; the writer is empty afterwards.
    [[nodiscard]] Expected<Bytes> finish();

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace pymode

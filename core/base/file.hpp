// SPDX-License-Identifier: MIT
// Files: bounded reads, atomic writes, temporary folders, sorted trees.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace pymode {

namespace fs = std::filesystem;

// The whole file; an error when it is no regular file or holds more than `max_bytes`. A file that
// does not exist is ErrorCode::not_found.
[[nodiscard]] Expected<Bytes> read_file(const fs::path& path, std::uint64_t max_bytes);
[[nodiscard]] Expected<std::string> read_text_file(const fs::path& path, std::uint64_t max_bytes);

// Readers see the old file or the whole new one, also after a crash. The parent must exist.
[[nodiscard]] Expected<> write_file_atomic(const fs::path& path, ByteView bytes,
                                           mode_t mode = 0644);
[[nodiscard]] Expected<> write_file_atomic(const fs::path& path, std::string_view text,
                                           mode_t mode = 0644);

// Whether a file must survive a crash of the machine. Without, it may be empty or garbage after
// one: for what checks itself when it is read.
enum class Durable { no, yes };

// The same in pieces. Without `commit` nothing is left behind.
class AtomicFile {
  public:
    [[nodiscard]] static Expected<AtomicFile> create(const fs::path& target, mode_t mode = 0644);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&& other) noexcept;
    ~AtomicFile();

    [[nodiscard]] Expected<> write(ByteView bytes);
    // Forgets what was written.
    [[nodiscard]] Expected<> restart();
    [[nodiscard]] Expected<> commit(Durable durable = Durable::yes);
    // Under another name on the same file system, when that is known only at the end.
    [[nodiscard]] Expected<> commit_as(const fs::path& target, Durable durable = Durable::yes);

  private:
    AtomicFile() = default;
    void discard() noexcept;

    int m_fd = -1;
    fs::path m_target;
    fs::path m_temporary;
};

// A private folder (mode 0700) that is removed with its content at the end of its life.
class TempDir {
  public:
    // Below `parent`; an empty one means $TMPDIR or /tmp. The name begins with `prefix`.
    [[nodiscard]] static Expected<TempDir> create(const fs::path& parent = {},
                                                  std::string_view prefix = "pymode-");
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&& other) noexcept;
    ~TempDir();

    [[nodiscard]] const fs::path& path() const { return m_path; }

    // Gives the folder up: it stays.
    fs::path release();

  private:
    TempDir() = default;

    fs::path m_path;
};

[[nodiscard]] Expected<> make_directories(const fs::path& path);

// Removes a file or a folder with its content, never following links; no error if it is not there.
[[nodiscard]] Expected<> remove_tree(const fs::path& path);

// Puts the folder `staged` in the place of `target` (same file system). What was at `target` goes
// away afterwards; nobody sees a mixture. `staged` exists no more after success.
[[nodiscard]] Expected<> replace_directory(const fs::path& staged, const fs::path& target);

enum class FileKind { regular, directory, symlink, other };

struct TreeEntry {
    std::string path; // relative to the root, '/' between the parts
    FileKind kind = FileKind::regular;
    std::uint64_t size = 0; // of a regular file
    bool executable = false;
};

struct TreeOptions {
    std::size_t max_entries = 100'000;
    // False leaves the entry out; a folder left out is not entered. Called with every entry.
    std::function<bool(const TreeEntry&)> keep;
};

// Everything below `root`, folders too, links not followed, sorted by the bytes of the path.
[[nodiscard]] Expected<std::vector<TreeEntry>> list_tree(const fs::path& root,
                                                         const TreeOptions& options = {});

// True if `path` is `root` or below it after resolving links; both must exist.
[[nodiscard]] bool is_within(const fs::path& path, const fs::path& root);

// The executable of this process.
[[nodiscard]] Expected<fs::path> self_executable();

} // namespace pymode

// SPDX-License-Identifier: MIT
// The bytecode of packages on disk, shared by all projects and by parallel runs, by what it was
// made of: the same modules of the same package have the same bytecode in every project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/base/lock.hpp"
#include "core/base/log.hpp"
#include "core/packaging/install/state.hpp"
#include "core/packaging/install/zip_layout.hpp"

namespace pymode {

// A module of an installed package.
struct PackageModule {
    std::string path;       // below site-packages
    std::string hash;       // of the source, as RECORD writes it
    std::size_t member = 0; // of the installed archive
};

// The compiled modules of one package.
struct PackageBytecode {
    std::string archive; // the .pyc files, packed as they travel, by path; last their state
    ZipLayout layout;    // of `archive`
    BytecodeState state;
};

// Reads what `PackageBytecode::archive` holds; anything else is an error.
[[nodiscard]] Expected<PackageBytecode> open_bytecode(std::string archive);

struct BytecodeCacheOptions {
    std::filesystem::path root; // the cache's folder; empty: nothing is kept
    std::string compiler;       // `compiler_name`
    // The bucket's size: what was not used for longest goes when more is kept.
    std::uint64_t max_bytes = std::uint64_t{512} << 20;
    Log log = {};
};

class BytecodeCache {
  public:
    // Keeps `cache clean` away as long as it lives. Where nothing can be written, nothing is kept,
    // and the log says so: the only error is ErrorCode::cancelled.
    [[nodiscard]] static Expected<BytecodeCache> open(BytecodeCacheOptions options,
                                                      const CancelToken& cancel);

    // Nothing when it is not there or not what was written.
    [[nodiscard]] std::optional<PackageBytecode> load(std::span<const PackageModule> modules) const;

    void store(std::span<const PackageModule> modules, const PackageBytecode& bytecode) const;

    // Removes what is too much; after storing.
    void shrink() const;

  private:
    BytecodeCache(BytecodeCacheOptions options, std::optional<FileLock> lock);
    [[nodiscard]] std::filesystem::path path_of(std::span<const PackageModule> modules) const;

    BytecodeCacheOptions m_options;
    std::filesystem::path m_folder; // empty: nothing is kept
    std::optional<FileLock> m_lock;
};

} // namespace pymode

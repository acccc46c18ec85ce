// SPDX-License-Identifier: MIT
// The lock file pylock.toml (PEP 751): read and checked, chosen from, written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/pep/environment.hpp"
#include "core/pep/marker.hpp"
#include "core/pep/specifier.hpp"
#include "core/pep/tag.hpp"
#include "core/pep/value.hpp"
#include "core/pep/version.hpp"

namespace pymode::pep {

inline constexpr std::size_t max_lock_size = 64 * 1024 * 1024;

// Algorithm → hex digits.
using Hashes = std::map<std::string, std::string>;

// A file that can be fetched: a wheel, a source distribution or another archive.
struct LockFile {
    std::optional<std::string> name; // where it is not the end of url or path
    std::optional<std::string> upload_time;
    std::optional<std::string> url;
    std::optional<std::string> path; // relative to the lock file, with "/"
    std::optional<std::uint64_t> size;
    Hashes hashes;
    std::optional<std::string> subdirectory; // of archives only

    // `name`, or what url or path end in.
    [[nodiscard]] std::string file_name() const;
};

struct LockDirectory {
    std::string path;
    std::optional<bool> editable;
    std::optional<std::string> subdirectory;
};

struct LockRepository {
    std::string type;
    std::optional<std::string> url;
    std::optional<std::string> path;
    std::optional<std::string> requested_revision;
    std::string commit_id;
    std::optional<std::string> subdirectory;
};

// Either one of vcs, directory and archive is there, or an sdist, wheels or both.
struct LockPackage {
    std::string name; // normalised
    std::optional<Version> version;
    std::optional<Marker> marker;
    std::optional<SpecifierSet> requires_python;
    std::vector<Value> dependencies; // for people and tools; an install does not follow them
    std::optional<LockRepository> vcs;
    std::optional<LockDirectory> directory;
    std::optional<LockFile> archive;
    std::optional<std::string> index;
    std::optional<LockFile> sdist;
    std::vector<LockFile> wheels;
    std::vector<Value> attestation_identities;
    Value tool; // null when there is none
};

struct Lock {
    Version lock_version;
    std::optional<std::vector<Marker>> environments;
    std::optional<SpecifierSet> requires_python;
    std::vector<std::string> extras;
    std::vector<std::string> dependency_groups;
    std::vector<std::string> default_groups;
    std::string created_by;
    std::vector<LockPackage> packages;
    Value tool; // null when there is none
    std::vector<std::string> warnings;
};

// "pylock.toml" or "pylock.NAME.toml".
bool is_lock_file_name(std::string_view file_name);

// Errors name the place: "packages[0].wheels[1].size".
Expected<Lock> read_lock(const Value& document);
Expected<Lock> parse_lock(std::string_view file, std::string_view text);

// Same lock, same text: keys in the standard's order, packages by name and version, files by name,
// "\n" as line end.
std::string write_lock(const Lock& lock);

struct LockRequest {
    Environment environment;
    std::vector<std::string> extras;
    // Nothing asks for the lock's default groups.
    std::optional<std::vector<std::string>> dependency_groups;
};

// What of a package is to be installed. The pointers lead into the lock.
struct LockedPackage {
    const LockPackage* package = nullptr;
    // A source distribution is chosen where no wheel fits: who installs wheels only refuses it.
    enum class Kind { vcs, directory, archive, sdist, wheel } kind = Kind::wheel;
    const LockFile* file = nullptr; // of archive, sdist and wheel
};

// Which packages are to be installed, in the lock's order. Looks at nothing but its arguments.
Expected<std::vector<LockedPackage>> select_packages(const Lock& lock, const LockRequest& request,
                                                     const TagTable& tags);

} // namespace pymode::pep

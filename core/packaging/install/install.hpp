// SPDX-License-Identifier: MIT
// Wheels → one site-packages.zip: what the bundle mounts at /lib/site-packages.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/packaging/dist_file.hpp"
#include "core/packaging/resolved_with.hpp"
#include "core/pep/environment.hpp"
#include "core/pep/version.hpp"

namespace pymode {

struct InstallItem {
    std::string name; // normalised
    pep::Version version;
    DistFile wheel;
    std::filesystem::path path;       // of the wheel on disk, hash already checked
    bool requested = false;           // named by the project itself: gets a REQUESTED file
    std::string resolved_metadata;    // the METADATA that was resolved with, if it is known
    std::optional<LockedNeeds> needs; // what a lock says that METADATA says
};

enum class Check { reject, warn };

struct InstallOptions {
    bool trim = true;               // leaves out tests, .pyi, …: docs/packages/installing.md
    Check record = Check::reject;   // RECORD disagrees with the files
    Check metadata = Check::reject; // METADATA differs from what was resolved
    std::filesystem::path cache;    // keeps what checking found; empty: nothing does
    pep::Environment environment;   // of the runtime: decides which of the needs count
    std::string input_digest;       // of the lock and the choice of groups: kept in the archive
    Log log = {};
};

struct InstalledPackage {
    std::string name;
    std::string version;
    friend bool operator==(const InstalledPackage&, const InstalledPackage&) = default;
};

// What an installed archive says of itself, read from it.
struct InstalledState {
    std::vector<InstalledPackage> packages; // sorted by name
    std::string input_digest;
};

struct InstallReport {
    std::vector<InstalledPackage> packages;
    std::uint64_t bytes = 0;           // of the archive
    std::vector<std::string> warnings; // each begins with the package it is about
    std::vector<std::string> details;  // the same for -v: what was trimmed, what is left out
};

// Checks every wheel as a whole (docs/packages/installing.md lists what is refused) and writes
// `target` atomically, with the modules' sources: a build compiles them (bytecode.hpp). The same
// items and options give the same bytes. After an error or a crash `target` is what it was.
[[nodiscard]] Expected<InstallReport> install_wheels(std::span<const InstallItem> items,
                                                     const InstallOptions& options,
                                                     const std::filesystem::path& target,
                                                     const CancelToken& cancel);

// Nothing when there is no archive; an error when it is none of ours.
[[nodiscard]] Expected<std::optional<InstalledState>>
read_installed(const std::filesystem::path& archive);

} // namespace pymode

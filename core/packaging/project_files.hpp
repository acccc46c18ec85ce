// SPDX-License-Identifier: MIT
// The three files of a project that package commands change: pyproject.toml, pylock.toml and
// .pymode/site-packages.zip.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"
#include "core/base/lock.hpp"

namespace pymode {

struct ProjectTexts {
    std::string pyproject;
    std::optional<std::string> lock; // nothing when there is none
};

Expected<ProjectTexts> read_project_texts(const std::filesystem::path& root);

// One command at a time changes a project. Makes .pymode if need be, and removes what a killed
// command left there of its archive.
Expected<FileLock> lock_project_folder(const std::filesystem::path& root,
                                       const CancelToken& cancel);

// What is to be put in place. Nothing: that file stays as it is.
struct ProjectChange {
    std::optional<std::string> pyproject;
    std::optional<std::string> lock;
    std::optional<std::filesystem::path> site_packages; // a finished archive inside of .pymode
};

// Where an archive is built before it is put in place, by who holds lock_project_folder.
std::filesystem::path staged_site_packages(const std::filesystem::path& root);

// Puts all of it in place, pyproject.toml first, the archive last. An error leaves the old bytes of
// all three. Each file changes at once, so whoever is killed in between leaves a pyproject.toml
// whose lock or archive is behind: that is seen by the next command, which finishes the work.
Expected<> commit_project_change(const std::filesystem::path& root, const ProjectTexts& before,
                                 const ProjectChange& change);

} // namespace pymode

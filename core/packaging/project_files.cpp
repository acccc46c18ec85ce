// SPDX-License-Identifier: MIT
#include "core/packaging/project_files.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/packaging/project_inputs.hpp"
#include "core/packaging/workflow.hpp"
#include "core/pep/pylock.hpp"
#include "core/project/project.hpp"

namespace pymode {

namespace {

constexpr std::uint64_t kMaxProjectFileBytes = 1 << 20;

Expected<> rename_file(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) {
        return fail_errno(ErrorCode::io, fmt::format("cannot put {} in its place", to.string()),
                          error.value());
    }
    return {};
}

// The old state of a text file. What cannot be put back is added to the error's notes.
void restore(const fs::path& path, const std::optional<std::string>& text, Error& error) {
    Expected<> done = text ? write_file_atomic(path, *text) : remove_tree(path);
    if (!done) {
        error.notes.push_back(fmt::format("and {} could not be put back: {}",
                                          path.filename().string(), done.error().message));
    }
}

// Of a command that was killed: the staged archive, or what AtomicFile was writing of it,
// ".NAME.XXXXXX".
Expected<> remove_leftovers(const fs::path& staged) {
    const std::string begun = fmt::format(".{}.", staged.filename().string());
    std::error_code error;
    for (fs::directory_iterator entry(staged.parent_path(), error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const fs::path& path = entry->path();
        if (path != staged && !path.filename().string().starts_with(begun)) {
            continue;
        }
        if (Expected<> removed = remove_tree(path); !removed) {
            return removed;
        }
    }
    return {};
}

} // namespace

Expected<ProjectTexts> read_project_texts(const fs::path& root) {
    ProjectTexts texts;
    Expected<std::string> pyproject = read_text_file(root / kProjectFile, kMaxProjectFileBytes);
    if (!pyproject) {
        return propagate(pyproject);
    }
    texts.pyproject = std::move(*pyproject);
    Expected<std::string> lock = read_text_file(root / kLockFileName, pep::max_lock_size);
    if (lock) {
        texts.lock = std::move(*lock);
    } else if (lock.error().code != ErrorCode::not_found) {
        return propagate(lock);
    }
    return texts;
}

Expected<FileLock> lock_project_folder(const fs::path& root, const CancelToken& cancel) {
    const fs::path folder = site_packages_path(root).parent_path();
    if (Expected<> made = make_directories(folder); !made) {
        return propagate(made);
    }
    Expected<FileLock> lock = FileLock::acquire(folder / ".lock", cancel);
    if (lock) {
        if (Expected<> removed = remove_leftovers(staged_site_packages(root)); !removed) {
            return propagate(removed);
        }
    }
    return lock;
}

fs::path staged_site_packages(const fs::path& root) {
    return site_packages_path(root).replace_filename("site-packages.next.zip");
}

Expected<> commit_project_change(const fs::path& root, const ProjectTexts& before,
                                 const ProjectChange& change) {
    const fs::path pyproject = root / kProjectFile;
    const fs::path lock = root / kLockFileName;
    Expected<> done;
    if (change.pyproject) {
        done = write_file_atomic(pyproject, *change.pyproject);
        if (!done) {
            return done;
        }
    }
    if (change.lock) {
        done = write_file_atomic(lock, *change.lock);
    }
    if (done && change.site_packages) {
        done = rename_file(*change.site_packages, site_packages_path(root));
    }
    if (!done) {
        Error error = std::move(done.error());
        if (change.lock) {
            restore(lock, before.lock, error);
        }
        if (change.pyproject) {
            restore(pyproject, before.pyproject, error);
        }
        return std::unexpected(std::move(error));
    }
    return {};
}

} // namespace pymode

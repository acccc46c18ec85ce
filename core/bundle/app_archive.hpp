// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/bundle/files.hpp"
#include "core/bundle/side_modules.hpp"
#include "core/native/compile.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct AppArchive {
    Bytes zip;
    std::size_t modules = 0; // Python files in it
    Words words;             // of their text
};

// The project's files as the archive that is mounted at /app: every file as it is, and beside each
// X.py its __pycache__/X.cpython-313.pyc, which is what the Worker imports. Checks that the main
// module defines a handler.
Expected<AppArchive> make_app_archive(const Project& project, std::span<const ProjectFile> files,
                                      const CompileFunction& compile);

} // namespace pymode

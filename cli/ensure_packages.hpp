// SPDX-License-Identifier: MIT
// Packages that build, dev and deploy need are installed by the way.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"
#include "cli/package_options.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct EnsureFlags {
    bool no_install = false;
    bool locked = false;
    bool frozen = false;
    bool offline = false;
    bool no_config = false;
};

void add_ensure_options(CLI::App& command, EnsureFlags& flags);

// When the installed packages are missing or do not fit pylock.toml, or that does not fit
// pyproject.toml: does what `pymode install` does, with the extras and groups that are installed
// now. Says nothing when nothing has to be done.
Expected<> ensure_packages(CliContext& context, const Project& project, const EnsureFlags& flags);

} // namespace pymode

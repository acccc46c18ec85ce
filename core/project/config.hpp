// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/project/document.hpp"
#include "core/project/project.hpp"

namespace pymode {

struct ConfigFiles {
    const ConfigDocument& pyproject;
    // wrangler.json, wrangler.jsonc or wrangler.toml beside it; nullptr: there is none.
    const ConfigDocument* wrangler = nullptr;
};

// Fills everything of a Project that the files alone decide: all but `root`, and `main` as written.
// The Worker is described by [tool.pymode] if that has any key of a Worker, else by wrangler's
// file, and never by both; a file that is left aside is a warning. Unknown keys become warnings,
// wrong values errors that point at them.
Expected<Project> read_config(const ConfigFiles& files, const std::string& environment = {});

} // namespace pymode

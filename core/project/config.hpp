// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/error.hpp"
#include "core/project/project.hpp"
#include "core/project/toml.hpp"

namespace pymode {

// Fills everything of a Project that the document alone decides: all but `root`, and `main` as
// written. Unknown keys of [tool.pymode] become warnings, wrong ones errors that point at them.
Expected<Project> read_config(const TomlDocument& document);

} // namespace pymode

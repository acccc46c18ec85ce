// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace pymode {

// The JSON schema (draft-07, which editors of TOML know) of [tool.pymode], made of the tables that
// the reader uses: docs/schema/tool-pymode.json. It has the spelling with dashes only. What
// packages are configured with is named there, not described.
std::string json_schema();

} // namespace pymode

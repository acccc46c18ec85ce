// SPDX-License-Identifier: MIT
// The keys that describe a Worker: in [tool.pymode] of pyproject.toml with dashes, in wrangler's
// files with underscores.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/project/schema.hpp"

namespace pymode {

// Whether an environment that does not have a key takes that of the top level. As wrangler's
// (developers.cloudflare.com/workers/wrangler/configuration): bindings and variables it does not.
enum class Inherit { yes, no, top_level_only };

struct WorkerKey {
    Field field;
    Inherit inherit = Inherit::yes;
};

const std::vector<WorkerKey>& worker_keys();

// The fields of the keys; with `top_level_only` also those that an environment cannot have.
const std::vector<Field>& worker_fields(Inherit most);

// A key of wrangler's files that means nothing to pymode.
struct ForeignKey {
    std::string_view key;
    std::string_view reason; // shown as a warning; empty: it only concerns wrangler itself
};

std::span<const ForeignKey> foreign_keys();

// Keys of [tool.pymode] that are no concern of wrangler and of no environment.
std::span<const Field> project_fields();

} // namespace pymode

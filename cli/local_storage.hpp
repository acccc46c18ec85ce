// SPDX-License-Identifier: MIT
// `--local`: what `pymode dev` keeps for a project, in the place of what is at Cloudflare.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/cloudflare_session.hpp"
#include "core/devserver/local_storage.hpp"

namespace pymode {

void add_local_option(CLI::App& command, ResourceOptions& options);

// What is kept belongs to a project: none is ErrorCode::usage.
Expected<Project> find_local_project(CliContext& context, const ResourceOptions& options);

// workerd with that resource, for as long as the access lives.
Expected<AccountAccess> open_local(CliContext& context, Project project,
                                   const LocalResource& resource);

} // namespace pymode

// SPDX-License-Identifier: MIT
// `pymode dev`: runs a project in workerd and keeps it up to date.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/console.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/bundle/app_archive.hpp"
#include "core/bundle/assets.hpp"
#include "core/packaging/install/bytecode.hpp"
#include "core/project/dev_vars.hpp"
#include "core/project/project.hpp"
#include "core/toolchain/node_tools.hpp"

namespace pymode {

struct DevOptions {
    std::string entry; // takes the place of [tool.pymode] main when not empty
    std::string host = "127.0.0.1";
    int port = 8787;
    std::vector<DevVar> vars; // over .dev.vars
};

struct DevContext {
    Console& console;
    Clock& clock;
    const Env& env;
    const CancelToken& cancel;
    std::span<const Asset> assets;
    CompileFunction compile;
    BytecodeOptions bytecode; // of packages
    NodeTools tools;
};

// Serves until `cancel`: that is its good end. Problems of the project after the start are shown,
// and the last good build goes on answering.
Expected<> run_dev_server(const Project& project, const DevOptions& options,
                          const DevContext& context);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What every command is given, and how commands join the command line.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/console.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/bundle/assets.hpp"

namespace pymode {

struct CliContext {
    Console& console;
    Clock& clock;
    const Env& env;
    const CancelToken& cancel;
    std::span<const Asset> assets;
};

// The command that the user has chosen, with its options bound to it.
using CliAction = std::function<Expected<>(CliContext&)>;

// Each adds one command to `app`; when the command line names it, `chosen` is set.
void add_init_command(CLI::App& app, CliAction& chosen);
void add_build_command(CLI::App& app, CliAction& chosen);
void add_dev_command(CLI::App& app, CliAction& chosen);
void add_deploy_command(CLI::App& app, CliAction& chosen);
void add_add_command(CLI::App& app, CliAction& chosen);
void add_remove_command(CLI::App& app, CliAction& chosen);
void add_install_command(CLI::App& app, CliAction& chosen);
void add_lock_command(CLI::App& app, CliAction& chosen);
void add_show_commands(CLI::App& app, CliAction& chosen); // tree, why, list
void add_cache_command(CLI::App& app, CliAction& chosen);
void add_tail_command(CLI::App& app, CliAction& chosen);
void add_login_commands(CLI::App& app, CliAction& chosen); // login, logout
void add_whoami_command(CLI::App& app, CliAction& chosen);
void add_doctor_command(CLI::App& app, CliAction& chosen);
void add_secret_command(CLI::App& app, CliAction& chosen);
void add_versions_commands(CLI::App& app, CliAction& chosen); // versions, deployments
void add_versions_upload(CLI::App& versions, CliAction& chosen);
void add_versions_secret(CLI::App& versions, CliAction& chosen);
void add_triggers_command(CLI::App& app, CliAction& chosen);
void add_rollback_command(CLI::App& app, CliAction& chosen);
void add_delete_command(CLI::App& app, CliAction& chosen);
void add_kv_command(CLI::App& app, CliAction& chosen);
void add_d1_command(CLI::App& app, CliAction& chosen);
void add_r2_command(CLI::App& app, CliAction& chosen);
void add_python_command(CLI::App& app);
void add_recipe_command(CLI::App& app, CliAction& chosen);

// `pymode python …`: everything after `python` is CPython's own command line, so it does not pass
// through the parser.
int run_python_command(std::span<char*> arguments);

} // namespace pymode

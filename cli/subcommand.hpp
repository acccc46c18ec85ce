// SPDX-License-Identifier: MIT
// Commands of several words: `pymode secret put`.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"
#include "core/base/text.hpp"

namespace pymode {

// A word that wants another one behind it.
inline CLI::App* add_command_group(CLI::App& parent, const std::string& name,
                                   const std::string& text) {
    CLI::App* group = parent.add_subcommand(name, text);
    group->require_subcommand(1);
    group->fallthrough();
    return group;
}

// A command with its options, which `bind(command, options)` adds; when it is chosen,
// `run(options, context)` does it.
template <class Options, class Bind, class Run>
CLI::App* add_leaf_command(CLI::App& parent, const std::string& name, const std::string& text,
                           CliAction& chosen, Bind bind, Run run) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = parent.add_subcommand(name, text);
    command->fallthrough();
    bind(*command, *options);
    command->callback([options, run, &chosen] {
        chosen = [options, run](CliContext& context) { return run(*options, context); };
    });
    return command;
}

// Text of the command line that travels as JSON.
inline CLI::Validator utf8_text() {
    return CLI::Validator(
        [](std::string& text) { return is_valid_utf8(text) ? "" : "the text is not UTF-8"; }, "");
}

} // namespace pymode

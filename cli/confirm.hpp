// SPDX-License-Identifier: MIT
// The question before something that cannot be undone.
#pragma once

#include <string_view>

#include <CLI/CLI.hpp>

#include "cli/context.hpp"

namespace pymode {

// --yes, which answers beforehand.
void add_yes_option(CLI::App& command, bool& yes);

// Asks "QUESTION [y/N]" unless `yes`. A no is ErrorCode::cancelled; without a terminal to ask at,
// ErrorCode::usage. Ctrl-C counts only while a CloudflareSession (or another SignalCancellation)
// lives.
[[nodiscard]] Expected<> confirm(CliContext& context, std::string_view question, bool yes);

} // namespace pymode

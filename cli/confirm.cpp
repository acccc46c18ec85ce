// SPDX-License-Identifier: MIT
#include "cli/confirm.hpp"

#include <fmt/format.h>

#include "core/base/standard_input.hpp"
#include "core/base/text.hpp"

namespace pymode {

void add_yes_option(CLI::App& command, bool& yes) {
    command.add_flag("-y,--yes", yes, "Do not ask first");
}

Expected<> confirm(CliContext& context, std::string_view question, bool yes) {
    if (yes) {
        return {};
    }
    if (!input_is_terminal()) {
        return fail(ErrorCode::usage,
                    fmt::format("this needs a confirmation, and there is no terminal to ask at: {}",
                                question),
                    "--yes confirms it");
    }
    context.console.ask(fmt::format("{} [y/N] ", question));
    const Expected<std::string> answer = read_line(context.cancel);
    if (!answer) {
        return propagate(answer);
    }
    const std::string word = to_lower_ascii(trim(*answer));
    return word == "y" || word == "yes" ? Expected<>()
                                        : fail(ErrorCode::cancelled, "nothing was changed");
}

} // namespace pymode

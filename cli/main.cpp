// SPDX-License-Identifier: MIT
#include <span>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "core/base/console.hpp"
#include "core/base/environment.hpp"

int main(int argc, char** argv) {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    if (argc > 1 && std::string_view(argv[1]) == "python") {
        return pymode::run_python_command(arguments.subspan(1));
    }
    const pymode::Env env = pymode::Env::capture();
    pymode::StandardSink sink;
    return pymode::run_command_line(arguments, env, sink);
}

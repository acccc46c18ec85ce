// SPDX-License-Identifier: MIT
// `pymode python`: the native CPython inside the executable, of the Worker's version.
#include <algorithm>
#include <cstdio>

#include "cli/context.hpp"
#include "core/native/python.hpp"

namespace pymode {

void add_python_command(CLI::App& app) {
    // Only for the list of commands: main hands `pymode python …` over before anything is parsed.
    app.add_subcommand("python",
                       "Run Python of the Worker's version, here: a prompt, -c, -m, a file");
}

int run_python_command(std::span<char*> arguments) {
    const std::span<const Asset> assets = runtime_assets();
    const auto image = std::ranges::find(assets, "stdlib.zip", &Asset::name);
    if (image == assets.end() || !has_native_python()) {
        std::fputs("error: this executable was built without Python\n", stderr);
        return 1;
    }
    return run_python(arguments, image->bytes, PythonMode::interactive);
}

} // namespace pymode

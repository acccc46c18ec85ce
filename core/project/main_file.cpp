// SPDX-License-Identifier: MIT
#include "core/project/main_file.hpp"

#include <array>

#include <fmt/format.h>

#include "core/base/file.hpp"
#include "core/project/names.hpp"

namespace pymode {
namespace {

// What the message about a missing file suggests, in the order in which people name them.
constexpr std::array<std::string_view, 6> kUsualPlaces = {
    "src/main.py", "main.py", "src/entry.py", "src/worker.py", "worker.py", "app.py"};

std::string hint_for_missing(const fs::path& root) {
    for (const std::string_view place : kUsualPlaces) {
        std::error_code ignored;
        if (fs::is_regular_file(root / place, ignored)) {
            return fmt::format("there is {}; `main` under [tool.pymode] names the file", place);
        }
    }
    return "name the file that defines `on_fetch` with `main = \"…\"` under [tool.pymode]";
}

// `import` cannot reach a file whose path has other characters.
Expected<> check_module_path(const fs::path& relative) {
    for (const fs::path& part : relative) {
        const std::string name = part == relative.filename() ? part.stem().string() : part.string();
        if (!is_identifier(name)) {
            return fail(ErrorCode::config,
                        fmt::format("main file {} cannot be imported: `{}` is no Python identifier",
                                    relative.generic_string(), name),
                        "use letters, digits and _ in the names of the file and its folders");
        }
    }
    return {};
}

} // namespace

Expected<std::string> check_main_file(const fs::path& root, std::string_view main) {
    const fs::path relative = fs::path(main).lexically_normal();
    if (main.empty() || relative.is_absolute() || *relative.begin() == "..") {
        return fail(ErrorCode::config, fmt::format("main file {} is outside of the project", main),
                    "give a path relative to the folder of pyproject.toml, for example "
                    "src/main.py");
    }
    std::error_code error;
    const fs::file_status status = fs::status(root / relative, error);
    if (!fs::exists(status)) {
        return fail(ErrorCode::config,
                    fmt::format("main file {} does not exist", relative.generic_string()),
                    hint_for_missing(root));
    }
    if (!fs::is_regular_file(status)) {
        return fail(ErrorCode::config,
                    fmt::format("main file {} is not a file", relative.generic_string()),
                    hint_for_missing(root));
    }
    if (relative.extension() != ".py") {
        return fail(ErrorCode::config,
                    fmt::format("main file {} is not a Python file", relative.generic_string()),
                    "its name must end in .py");
    }
    if (!is_within(root / relative, root)) {
        return fail(ErrorCode::config, fmt::format("main file {} is a link that leaves the project",
                                                   relative.generic_string()));
    }
    if (Expected<> importable = check_module_path(relative); !importable) {
        return propagate(importable);
    }
    return relative.generic_string();
}

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace pymode {

// Checks `main` as the user wrote it: a .py file that exists inside of `root`, every part of whose
// path can be part of a module's name. Returns it in its plain form ("./src//main.py" →
// "src/main.py").
Expected<std::string> check_main_file(const std::filesystem::path& root, std::string_view main);

} // namespace pymode

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace pymode::pep {

// What environment markers ask about an interpreter.
struct Environment {
    std::string os_name;
    std::string sys_platform;
    std::string platform_machine;
    std::string platform_release;
    std::string platform_system;
    std::string platform_version;
    std::string platform_python_implementation;
    std::string implementation_name;
    std::string implementation_version;
    std::string python_version;
    std::string python_full_version;
};

// The interpreter inside a Worker: CPython on WASI. `python_full_version` is the version of the
// interpreter that ships ("3.13.5"), not of the tool.
Environment target_environment(std::string_view python_full_version);

} // namespace pymode::pep

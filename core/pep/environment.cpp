// SPDX-License-Identifier: MIT
#include "core/pep/environment.hpp"

namespace pymode::pep {

namespace {

// "3.13" of "3.13.5".
std::string_view feature_version(std::string_view full) {
    const std::size_t first = full.find('.');
    const std::size_t second = first == full.npos ? first : full.find('.', first + 1);
    return full.substr(0, second);
}

} // namespace

Environment target_environment(std::string_view python_full_version) {
    Environment environment;
    environment.os_name = "posix";
    environment.sys_platform = "wasi";
    // These four are what wasi-libc's uname() answers.
    environment.platform_machine = "wasm32";
    environment.platform_release = "0.0.0";
    environment.platform_system = "wasi";
    environment.platform_version = "0.0.0";
    environment.platform_python_implementation = "CPython";
    environment.implementation_name = "cpython";
    environment.implementation_version = python_full_version;
    environment.python_version = feature_version(python_full_version);
    environment.python_full_version = python_full_version;
    return environment;
}

} // namespace pymode::pep

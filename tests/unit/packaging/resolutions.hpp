// SPDX-License-Identifier: MIT
// Projects and resolutions that tests write down shortly.
#pragma once

#include <string>
#include <string_view>

#include "core/packaging/project_inputs.hpp"
#include "core/packaging/resolution.hpp"

namespace pymode::test {

// The target of this version of the program, with Python 3.13.5.
Target target();

// A project in /p with this pyproject.toml; [tool.pymode] is read.
Expected<ProjectInputs> inputs(const std::string& pyproject);

// A wheel "NAME-VERSION-py3-none-any.whl" of https://h.example/simple/ with a made-up hash.
DistFile wheel(std::string_view name, std::string_view version);

// A package with such a wheel. `needs` are lines "name", "name[extra]" or "name (through extra)".
ResolvedPackage package(std::string_view name, std::string_view version,
                        const std::vector<std::string>& needs = {},
                        const std::vector<std::string>& extras = {});

} // namespace pymode::test

// SPDX-License-Identifier: MIT
// Requests in few words, for tests.
#pragma once

#include <string>
#include <vector>

#include "core/packaging/resolution.hpp"

namespace pymode::test {

// CPython 3.13.7 in a Worker, or another version with the tags that it would have.
Target target_for(const std::string& python = "3.13.7",
                  pep::EmscriptenWheels emscripten = pep::EmscriptenWheels::refused);

ResolveRequest request_for(const std::vector<std::string>& requirements,
                           const std::string& python = "3.13.7");

pep::Requirement requirement_of(const std::string& text);

// "a 1.0, b 2.0": what was chosen, sorted by name.
std::string summary(const Resolution& resolution);

} // namespace pymode::test

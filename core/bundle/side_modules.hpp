// SPDX-License-Identifier: MIT
// Which compiled modules of the standard library a project needs. workerd and Cloudflare compile
// all of a bundle before its first request, so a module that nobody imports would slow every start.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/project/project.hpp"

namespace pymode {

using Words = std::set<std::string, std::less<>>;

// The modules that are not in every bundle, each with the words of which one calls for it.
using SideModuleWords = std::map<std::string, std::vector<std::string>, std::less<>>;

// The words of the runtime's manifest.json.
Expected<SideModuleWords> read_side_module_words(ByteView manifest);

// Adds every identifier that stands in `source`. Names in comments and strings count as well:
// a program may import what a string names, and a module too many does no harm.
void add_words(std::string_view source, Words& words);

// Those of `available` that belong in the bundle, in their order: the ones without words, those
// that a word of the program calls for, and what [tool.pymode] stdlib-modules names.
Expected<std::vector<std::string>> select_side_modules(const Project& project,
                                                       std::span<const std::string> available,
                                                       const SideModuleWords& rules,
                                                       const Words& words);

} // namespace pymode

// SPDX-License-Identifier: MIT
// The names that a package imports, cheaply: by looking at lines, not by parsing.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace pymode {

// Adds every identifier of every line that holds the word `import`, and of the lines on which such
// a statement goes on. That is more than the imported names (words of comments that speak of
// imports, what `import_module("…")` names) and never less, but for names that are put together at
// run time.
void add_import_words(std::string_view source, std::set<std::string, std::less<>>& words);

} // namespace pymode

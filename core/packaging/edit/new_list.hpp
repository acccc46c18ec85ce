// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/packaging/edit/document.hpp"

namespace pymode::edit {

enum class KeyOrder { at_end, sorted };

// The document with a new key at `path`; `source` is `value` as TOML. What a table gets that is
// missing is said below.
Expected<std::string> with_new_value(Document& document, const Path& path,
                                     const std::string& source, const pep::Value& value,
                                     KeyOrder order);

// The document with a new list at `path` that holds the requirement. `sorted`: among keys that are
// sorted it gets its place. A table that is missing is made: extras behind [project], groups at
// the end of the file.
Expected<std::string> with_new_list(Document& document, const Path& path,
                                    const std::string& requirement, KeyOrder order);

} // namespace pymode::edit

// SPDX-License-Identifier: MIT
// Which index is asked when nobody names one: the one that the machine's own pip uses, so that a
// company's mirror works without a setting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/error.hpp"

namespace pymode {

struct DefaultIndex {
    std::string url;    // may hold credentials
    std::string source; // "PYMODE_INDEX_URL", "/etc/pip.conf", …: where it is from
};

// The first that there is: PYMODE_INDEX_URL; PIP_INDEX_URL; pip's configuration files
// (PIP_CONFIG_FILE, that of the virtual environment, the user's, the machine's); the index of the
// pip that was there when this pymode was built. `--index-url` and [[tool.pymode.index]] come
// before; they are the caller's.
[[nodiscard]] Expected<DefaultIndex> default_index(const Env& env);

// The last of them alone.
[[nodiscard]] std::string_view built_in_index();

// Of pip's INI files: index-url of [install], else of [global]; nothing when it has none.
[[nodiscard]] std::optional<std::string> index_of_pip_config(std::string_view text);

// A warning about an index that anybody on the way can change: http, not on this machine. Empty:
// there is nothing to say.
[[nodiscard]] std::string insecure_index_warning(std::string_view url);

} // namespace pymode

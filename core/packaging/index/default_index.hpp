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

// The bundle of certificates that pip is told to trust, from PIP_CERT or its configuration files: a
// mirror that pip reaches is reached by us too.
[[nodiscard]] std::optional<std::string> pip_certificates(const Env& env);

// Of one of pip's INI files: an option ("index-url") of [install], else of [global].
[[nodiscard]] std::optional<std::string> pip_config_option(std::string_view text,
                                                           std::string_view option);

// A warning about an index that anybody on the way can change: http, not on this machine. Empty:
// there is nothing to say.
[[nodiscard]] std::string insecure_index_warning(std::string_view url);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Who may know which password: decided by the origin (scheme, host, port) of a URL, never by a
// redirect. Nothing here is ever shown.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"
#include "core/packaging/index/package_index.hpp"

namespace pymode {

struct Login {
    std::string user;
    std::string password;

    friend bool operator==(const Login&, const Login&) = default;
};

// Host → login of a netrc file; the host "" is its `default`. What cannot be understood is skipped.
[[nodiscard]] std::map<std::string, Login, std::less<>> parse_netrc(std::string_view text);

class IndexCredentials {
  public:
    // For each index: its URL's own user and password, else PYMODE_INDEX_<NAME>_USERNAME and
    // _PASSWORD. For every other host $NETRC or ~/.netrc.
    IndexCredentials(std::span<const IndexLocation> indexes,
                     std::span<const std::string> find_links, const Env& env);

    // The value of the header Authorization for a request to `url`; nothing: none.
    [[nodiscard]] std::optional<std::string> authorization(std::string_view url) const;

    // Why the netrc file is not used; empty if it is, or if there is none.
    [[nodiscard]] const std::string& netrc_problem() const { return m_netrc_problem; }

  private:
    std::map<std::string, Login, std::less<>> m_by_origin;
    std::map<std::string, Login, std::less<>> m_netrc;
    std::string m_netrc_problem;
};

// "PYMODE_INDEX_MY_COMPANY" of the index "my-company".
[[nodiscard]] std::string index_variable_prefix(std::string_view index_name);

} // namespace pymode

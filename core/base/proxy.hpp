// SPDX-License-Identifier: MIT
// Which proxy a connection goes through: curl's rule for the variables, except that the captured
// environment counts, not the environment itself.
#pragma once

#include <string>
#include <string_view>

#include "core/base/environment.hpp"

namespace pymode {

// https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY for "https:" and "wss:", else http_proxy,
// all_proxy, ALL_PROXY; empty: none. HTTP_PROXY in upper case is ignored on purpose: a CGI server
// sets it from a request's header. no_proxy is not looked at.
[[nodiscard]] std::string proxy_for(std::string_view url, const Env& env);

// no_proxy, else NO_PROXY, as it is.
[[nodiscard]] std::string no_proxy_list(const Env& env);

// Whether `list` names the host: "*", the host itself or a domain above it ("example.com",
// ".example.com"), separated by commas or spaces; case does not matter. No ports, no address
// ranges.
[[nodiscard]] bool in_no_proxy_list(std::string_view host, std::string_view list);

} // namespace pymode

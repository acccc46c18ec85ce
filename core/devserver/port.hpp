// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/base/error.hpp"

namespace pymode {

// The error that names the port, with the way out.
Error port_in_use(int port);

// Whether a server could listen there now. It is asked before anything is built, so that the answer
// comes at once; who takes the port in between is reported by the server itself. Port 0 is always
// free.
Expected<> check_port(const std::string& host, int port);

} // namespace pymode

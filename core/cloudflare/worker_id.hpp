// SPDX-License-Identifier: MIT
// One Worker of one account, and what Cloudflare says when there is none.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {

struct WorkerId {
    std::string account;
    std::string name; // of the script
};

// "/accounts/…/workers/scripts/NAME"
std::string script_path(const WorkerId& worker);

// "/accounts/…/workers/workers/NAME": the same Worker in the newer part of the API.
std::string worker_path(const WorkerId& worker);

// Whether Cloudflare says that there is no such Worker.
bool is_no_worker(const ApiAnswer& answer);

// As api_error; a Worker that does not exist is ErrorCode::not_found.
Error worker_error(const ApiAnswer& answer, const WorkerId& worker, std::string_view doing);

// Sends the request; every problem is a worker_error.
Expected<nlohmann::json> call_worker(CloudflareApi& api, const WorkerId& worker,
                                     const ApiRequest& request, std::string_view doing);

} // namespace pymode

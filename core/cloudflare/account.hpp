// SPDX-License-Identifier: MIT
// Which of the accounts that the credentials can see.
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {

// `configured` (the project's account-id, or that of the environment); when it is empty, the only
// account that the credentials can see. Several or none are ErrorCode::usage, with their names.
Expected<std::string> choose_account(CloudflareApi& api, const std::string& configured);

} // namespace pymode

// SPDX-License-Identifier: MIT
// Calls that must not take effect twice, although their answers can be lost.
#pragma once

#include <functional>
#include <optional>

#include "core/cloudflare/api.hpp"

namespace pymode {

// What the call's result would have been when it has taken effect, found by asking.
using FindEffect = std::function<Expected<std::optional<nlohmann::json>>()>;

// Sends it up to three times; but whenever no answer of Cloudflare's comes, or one that tells of
// its own failure (5xx), `find` is asked first, and what it finds is the answer. When `find` fails
// too, the Error says that the outcome is not known.
Expected<ApiAnswer> send_once(CloudflareApi& api, const ApiRequest& request,
                              const FindEffect& find);

} // namespace pymode

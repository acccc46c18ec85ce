// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace pymode {

// Whether this looks like a cron expression as Cloudflare takes it
// (developers.cloudflare.com/workers/configuration/cron-triggers): five fields of numbers in their
// range or names of months and days, with `*`, lists, ranges, steps and Quartz's L, W and #.
bool is_cron(std::string_view text);

} // namespace pymode

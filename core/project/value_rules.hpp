// SPDX-License-Identifier: MIT
// The rules for texts in a Worker's configuration. Sources: what wrangler 4.164 checks, and the
// limits and naming rules of Cloudflare's documentation of each product. Where neither says
// anything, a text only has to be there and of a sensible length (`a_name`).
#pragma once

#include "core/project/schema.hpp"

namespace pymode::rules {

extern const TextRule a_name;           // 1 to 256 bytes without control characters
extern const TextRule a_text;           // anything but control characters, up to 4096 bytes
extern const TextRule account_id;       // 32 hex digits
extern const TextRule binding_name;     // of `env`
extern const TextRule bucket_name;      // of R2
extern const TextRule class_name;       // a JavaScript identifier
extern const TextRule cron;             // five fields
extern const TextRule date;             // YYYY-MM-DD
extern const TextRule email_address;    // one @
extern const TextRule hex_id;           // 32 hex digits: namespaces, zones, stores
extern const TextRule number_text;      // digits
extern const TextRule queue_name;       // 1 to 63
extern const TextRule relative_path;    // not absolute, without ..
extern const TextRule route_pattern;    // host and path
extern const TextRule run_worker_rule;  // "/…" or "!/…", at most 100 bytes
extern const TextRule uuid;             // with dashes
extern const TextRule worker_reference; // the name of a Worker that exists already
extern const TextRule workflow_name;    // 1 to 64

} // namespace pymode::rules

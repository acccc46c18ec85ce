// SPDX-License-Identifier: MIT
// KV namespaces, D1 databases, R2 buckets and queues by their names: looking for one, making one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"

namespace pymode {

// Which one is meant. `type` is a BindingKind's: "kv_namespace", "d1", "r2_bucket", "queue".
struct ResourceName {
    std::string_view type;
    std::string name;
    std::string jurisdiction; // of buckets and databases; may be empty
};

// Whether this file knows resources of that type.
bool is_named_resource(std::string_view type);

struct FoundResource {
    // What a binding is given: the id, or the name of what is bound by name. Nothing: there is
    // none of that name.
    std::optional<std::string> id;
    bool allowed = true; // false: the token may not look, so nothing is known
};

Expected<FoundResource> find_resource(CloudflareApi& api, const std::string& account,
                                      const ResourceName& wanted);

// Makes it and returns what a binding is given. When the answer is lost, or says that it exists,
// it is looked for before the call is repeated: there is never a second one.
Expected<std::string> create_resource(CloudflareApi& api, const std::string& account,
                                      const ResourceName& wanted);

} // namespace pymode

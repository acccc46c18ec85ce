// SPDX-License-Identifier: MIT
// The kinds of bindings: one table for all that is known about them.
#pragma once

#include <span>
#include <string_view>

#include "core/project/document.hpp"
#include "core/project/schema.hpp"

namespace pymode {

// What `pymode dev` can give a Worker for a binding.
enum class Local {
    simulated, // Miniflare keeps it on this machine
    remote,    // it exists at Cloudflare only: using it in `dev` raises an error
};

struct BindingKind {
    std::string_view type;      // in the upload's metadata
    std::string_view section;   // the key of the configuration: "kv_namespaces"
    std::string_view list = {}; // the key of the list in that table ("producers"); else empty
    bool single = false;        // the section is one table, not a list of them
    std::string_view name_key;  // which field is its name in `env`
    std::span<const Field> fields;
    // The field without which Cloudflare takes the resource of the Worker's version before; empty:
    // there is none.
    std::string_view resource = {};
    // What is wrong with a table whose fields are right one by one; empty: nothing.
    std::string_view (*check)(const ConfigValue& table) = nullptr;
    Local local = Local::remote;
    std::string_view title = {}; // "KV namespace"
    std::string_view about = {}; // what is behind it
};

// In the order in which the upload's metadata has them, which is wrangler's.
std::span<const BindingKind> binding_kinds();

// nullptr when there is none of that type.
const BindingKind* find_binding_kind(std::string_view type);

} // namespace pymode

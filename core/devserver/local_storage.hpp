// SPDX-License-Identifier: MIT
// What `pymode dev` keeps for a project, behind the calls of Cloudflare's API: so a client of that
// API works on it. workerd itself reads and writes it.
#pragma once

#include <filesystem>
#include <string>

#include "core/devserver/worker_session.hpp"
#include "core/project/worker_config.hpp"

namespace pymode {

// The account in the paths of the calls.
inline constexpr std::string_view kLocalAccount = "local";

struct LocalResource {
    std::string type; // "kv_namespace", "d1", "r2_bucket"
    std::string name; // its id or name, as `dev` knows it
};

// The name under which `dev` keeps what the binding means.
std::string local_name(const Binding& binding);

// Where `dev` keeps what is stored.
std::filesystem::path local_state(const std::filesystem::path& project_root);

// Serves that one resource; everything else that is written goes below `work`. Until the session
// ends, its URL is the address of an API that knows values and keys of KV, SQL of D1, objects of
// R2.
[[nodiscard]] Expected<WorkerSession> serve_local_storage(const SessionContext& context,
                                                          const std::filesystem::path& work,
                                                          const std::filesystem::path& state,
                                                          const LocalResource& resource);

} // namespace pymode

// SPDX-License-Identifier: MIT
// What is deployed beside what a deploy would make of it: two values, and their differences.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/project/worker_config.hpp"

namespace pymode {

// A Worker as it is at Cloudflare, or as a deploy would leave it. A member without a value is not
// known, or is left as it is by a deploy; it is not compared.
struct WorkerState {
    using ByName = std::map<std::string, nlohmann::json, std::less<>>;

    bool exists = false;
    // As the API has them: {"name","type",…}. Secrets are among them, without values.
    ByName bindings;
    bool keeps_variables = false; // of a deploy: variables of the dashboard stay
    std::optional<std::string> compatibility_date;
    std::optional<std::vector<std::string>> compatibility_flags;
    // All that the API tells about it, an object. Of a deploy: the members that it sets, null where
    // it takes one away; only these are compared.
    nlohmann::json settings;
    std::optional<bool> workers_dev;
    std::optional<bool> previews;
    std::optional<std::vector<std::string>> crons;
    std::optional<std::vector<std::string>> routes;  // patterns
    std::optional<std::vector<std::string>> domains; // hosts
    // By queue: {"settings": {…}, "dead_letter_queue"?}, as the API has them.
    std::optional<ByName> consumers;
    std::vector<std::string> required_secrets; // of a deploy
    std::vector<std::string> unknown;          // "the routes: …": what could not be read, and why
};

// The API's list of bindings; what has no name is left out.
WorkerState::ByName bindings_by_name(const nlohmann::json& list);

// The state that a deploy of this configuration leads to.
WorkerState wanted_state(const WorkerConfig& worker);

struct Difference {
    enum class Change {
        added,
        removed,
        changed,
        lacking, // a secret that the Worker requires and nobody has set
    };

    Change change = Change::changed;
    std::string what;   // "variable GREETING", "KV namespace CACHE", "schedule 0 3 * * 1"
    std::string before; // for people, empty where there is nothing to say; never a secret's value
    std::string after;

    bool operator==(const Difference&) const = default;
};

// Pure. In the order: bindings by name, compatibility, settings, workers.dev, schedules, routes,
// domains, consumers. Empty: a deploy changes at most the code and the assets. For a Worker that
// does not exist everything is added.
std::vector<Difference> differences(const WorkerState& live, const WorkerState& wanted);

// "+ schedule 0 3 * * 1", "~ variable GREETING: hi → hello", "! secret KEY is not set": one line
// without its end, safe for a terminal.
std::string to_line(const Difference& difference);

// [{"change","what","before"?,"after"?}]
nlohmann::json to_json(const std::vector<Difference>& differences);

} // namespace pymode

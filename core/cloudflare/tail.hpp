// SPDX-License-Identifier: MIT
// A tail: what a Worker does, as it happens. Cloudflare sends every event over a WebSocket whose
// address is made for one listener and is valid for some hours.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/cancel.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/websocket.hpp"

namespace pymode {

// Which events are wanted; those that fit all of them.
struct TailFilters {
    std::vector<std::string> statuses{}; // ok, error, canceled
    std::vector<std::string> methods{};  // GET, …
    std::vector<std::string> ips{};      // of clients; "self" is who listens
    std::optional<std::string> header{}; // "NAME" or "NAME:VALUE"
    std::optional<std::string> search{}; // in what the Worker logs
    std::optional<std::string> version_id{};
    std::optional<double> sampling_rate{}; // above 0, at most 1
};

// The filters as the API wants them. ErrorCode::usage for what cannot be one.
[[nodiscard]] Expected<nlohmann::json> tail_filters(const TailFilters& filters);

struct Tail {
    std::string id;
    std::string url; // a secret: whoever has it can listen
    std::chrono::system_clock::time_point expires;
};

struct TailTarget {
    std::string account;
    std::string script;
    nlohmann::json filters; // of tail_filters
};

// POST …/tails. The address must be wss://, or ws:// on this machine.
[[nodiscard]] Expected<Tail> create_tail(CloudflareApi& api, const Clock& clock,
                                         const TailTarget& target);

struct TailHooks {
    OpenWebSocket open{};
    WebSocketOptions socket{};
    // One event, as it came; it is JSON.
    std::function<void(const std::string& text, const nlohmann::json& event)> on_event{};
    std::function<void(std::string_view)> on_progress{}; // "listening", "lost: …"
    // A new tail, before anything else is done with it: its id and its address are secrets.
    std::function<void(const Tail&)> on_tail{};
};

// Listens until the user gives up (that is success) or Cloudflare ends it (close code 1000). A
// connection that is lost is replaced by a new tail after 1, 2, 4, 8 and 16 s without an event in
// between; then it is ErrorCode::network. A new tail takes over a minute before the old one
// expires. Every tail is deleted, also one that was lost, with `last_api`, whose requests Ctrl-C
// must not cancel; a refusal there is told to on_progress only.
[[nodiscard]] Expected<> follow_tail(CloudflareApi& api, CloudflareApi& last_api, Clock& clock,
                                     const TailTarget& target, const TailHooks& hooks);

} // namespace pymode

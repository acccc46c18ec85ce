// SPDX-License-Identifier: MIT
#include "core/cloudflare/tail.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/versions.hpp"
#include "core/cloudflare/worker_id.hpp"
#include "core/packaging/index/url.hpp"
#include "core/packaging/resolve/timestamp.hpp"

namespace pymode {
namespace {

using namespace std::chrono_literals;

constexpr std::array kPauses{1s, 2s, 4s, 8s, 16s};
constexpr auto kRenewBefore = 1min;
constexpr auto kUsualLife = 1h; // when Cloudflare does not say
// Also the longest that a suspended machine takes to notice that a tail has expired.
constexpr std::chrono::milliseconds kLongestWait = 1min;
constexpr int kNormalClosure = 1000; // RFC 6455, 7.4.1
constexpr std::string_view kFirstFrame = R"({"debug":false})";
constexpr std::size_t kMaxFilterBytes = 1000;
constexpr std::size_t kMaxFilterValues = 20;

std::unexpected<Error> no_filter(std::string_view option, std::string_view value,
                                 std::string_view rule) {
    return fail(ErrorCode::usage,
                fmt::format("`{}` cannot be a value of {}", printable(value), option),
                std::string(rule));
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= kMaxFilterBytes && is_valid_utf8(text) &&
           std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; });
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
    return is_plain(text) && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
           });
}

Expected<nlohmann::json> outcomes(const std::vector<std::string>& statuses) {
    static const std::map<std::string, std::vector<std::string>, std::less<>> known{
        {"ok", {"ok"}},
        {"error", {"exception", "exceededCpu", "exceededMemory", "unknown"}},
        {"canceled", {"canceled"}}};
    nlohmann::json result = nlohmann::json::array();
    for (const std::string& status : statuses) {
        const auto found = known.find(status);
        if (found == known.end()) {
            return no_filter("--status", status, "it is ok, error or canceled");
        }
        for (const std::string& outcome : found->second) {
            result.push_back(outcome);
        }
    }
    return result;
}

Expected<nlohmann::json> header_filter(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string name(trim(text.substr(0, colon)));
    nlohmann::json filter{{"key", name}};
    if (colon != std::string::npos) {
        filter["query"] = std::string(trim(text.substr(colon + 1)));
    }
    if (!is_token(name) || !is_plain(text)) {
        return no_filter("--header", text, "it is NAME, or NAME:VALUE");
    }
    return filter;
}

// A loose check, for what is surely none: the server knows addresses better.
bool is_address(std::string_view ip) {
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
               c == '.' || c == ':';
    };
    return ip == "self" || (ip.size() >= 2 && ip.size() <= 45 && std::ranges::all_of(ip, fits) &&
                            ip.find_first_of(".:") != std::string_view::npos);
}

Expected<> check_values(const TailFilters& filters) {
    for (const std::string& method : filters.methods) {
        const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
        if (method.empty() || method.size() > 20 || !std::ranges::all_of(method, capital)) {
            return no_filter("--method", method, "it is a method in capital letters: GET");
        }
    }
    for (const std::string& ip : filters.ips) {
        if (!is_address(ip)) {
            return no_filter("--ip", ip, "it is an IPv4 or IPv6 address, or `self`");
        }
    }
    for (const auto* values : {&filters.statuses, &filters.methods, &filters.ips}) {
        if (values->size() > kMaxFilterValues) {
            return fail(ErrorCode::usage,
                        fmt::format("more than {} values of one filter", kMaxFilterValues));
        }
    }
    if (filters.search && !is_plain(*filters.search)) {
        return no_filter("--search", *filters.search, "it is text of one line");
    }
    if (filters.version_id && !is_version_id(*filters.version_id)) {
        return no_filter("--version-id", *filters.version_id,
                         "it is the id of a version, as `pymode deploy` shows it");
    }
    if (filters.sampling_rate && !(*filters.sampling_rate > 0 && *filters.sampling_rate <= 1)) {
        return no_filter("--sampling-rate", fmt::format("{}", *filters.sampling_rate),
                         "it is above 0 and at most 1");
    }
    return {};
}

std::string tails_path(const TailTarget& target) {
    return script_path({target.account, target.script}) + "/tails";
}

bool may_be_listened_to(const std::string& url) {
    return url.starts_with("wss://") || (url.starts_with("ws://") && is_loopback(url));
}

// Worth another try: nothing about the request itself is wrong.
bool is_passing(const Error& error) {
    return error.code == ErrorCode::network || error.code == ErrorCode::http;
}

class TailFollower {
  public:
    TailFollower(CloudflareApi& api, CloudflareApi& last_api, Clock& clock,
                 const TailTarget& target, const TailHooks& hooks)
        : m_api(api), m_last_api(last_api), m_clock(clock), m_target(target), m_hooks(hooks) {}
    TailFollower(const TailFollower&) = delete;
    TailFollower& operator=(const TailFollower&) = delete;

    Expected<> follow() {
        Expected<Live> live = open();
        if (!live) {
            return propagate(live);
        }
        progress(fmt::format("listening to {}", m_target.script));
        for (;;) {
            const Next next = listen(*live);
            if (next == Next::renew) {
                Expected<Live> other = open();
                if (other) {
                    remove(live->tail);
                    live = std::move(other);
                    continue;
                }
                m_lost = other.error().message;
            }
            remove(live->tail);
            if (next == Next::done) {
                return {};
            }
            Expected<std::optional<Live>> again = reopen();
            if (!again) {
                return propagate(again);
            }
            if (!*again) {
                return {};
            }
            live = std::move(**again);
            progress(fmt::format("listening to {} again", m_target.script));
        }
    }

  private:
    struct Live {
        Tail tail;
        std::unique_ptr<WebSocket> socket;
    };
    enum class Next { done, renew, reopen };

    void progress(std::string_view text) const {
        if (m_hooks.on_progress) {
            m_hooks.on_progress(text);
        }
    }

    // A tail that is listened to; one that cannot be is deleted again.
    Expected<Live> open() {
        Expected<Tail> tail = create_tail(m_api, m_clock, m_target);
        if (!tail) {
            return propagate(tail);
        }
        if (m_hooks.on_tail) {
            m_hooks.on_tail(*tail);
        }
        Expected<std::unique_ptr<WebSocket>> socket = m_hooks.open(tail->url, m_hooks.socket);
        Expected<> greeted = socket ? (*socket)->send(kFirstFrame) : propagate(socket);
        if (!greeted) {
            remove(*tail);
            return propagate(greeted);
        }
        return Live{std::move(*tail), std::move(*socket)};
    }

    // After 1, 2, 4, 8, 16 s; nothing when the user gave up meanwhile.
    Expected<std::optional<Live>> reopen() {
        while (m_failures < kPauses.size()) {
            const std::chrono::seconds pause = kPauses[m_failures++];
            progress(
                fmt::format("the tail was lost ({}); a new one in {} s", m_lost, pause.count()));
            if (!m_clock.sleep_for(pause, m_hooks.socket.cancel)) {
                return std::nullopt;
            }
            Expected<Live> live = open();
            if (live) {
                return std::move(*live);
            }
            if (live.error().code == ErrorCode::cancelled) {
                return std::nullopt;
            }
            if (!is_passing(live.error())) {
                return propagate(live);
            }
            m_lost = live.error().message;
        }
        return std::unexpected(
            Error{ErrorCode::network,
                  fmt::format("the tail of {} was lost and cannot be had again", m_target.script),
                  {m_lost},
                  "start it again when the network is back",
                  {}});
    }

    Next listen(Live& live) {
        for (;;) {
            const auto left = live.tail.expires - kRenewBefore - m_clock.wall_time();
            if (left <= 0s) {
                return Next::renew;
            }
            const auto patience =
                std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kLongestWait);
            SocketEvent event = live.socket->next(patience);
            switch (event.kind) {
            case SocketEvent::Kind::message:
                m_failures = 0;
                take(event.text);
                break;
            case SocketEvent::Kind::quiet:
                break;
            case SocketEvent::Kind::cancelled:
                return Next::done;
            case SocketEvent::Kind::closed:
                if (event.close_code == kNormalClosure) {
                    progress("Cloudflare ended the tail");
                    return Next::done;
                }
                m_lost = fmt::format("closed with code {}", event.close_code);
                return Next::reopen;
            case SocketEvent::Kind::lost:
                m_lost = event.text;
                return Next::reopen;
            }
        }
    }

    void take(const std::string& text) const {
        const nlohmann::json event = nlohmann::json::parse(text, nullptr, false);
        if (!event.is_object()) {
            progress("a message came that is no event");
        } else if (m_hooks.on_event) {
            m_hooks.on_event(text, event);
        }
    }

    void remove(const Tail& tail) const {
        const Expected<ApiAnswer> answer = m_last_api.send(
            {.method = "DELETE", .path = tails_path(m_target) + "/" + percent_encoded(tail.id)});
        // 404: it has ended by itself.
        if (!answer || (!answer->success && answer->status != 404)) {
            progress("the tail could not be deleted; it ends by itself within hours");
        }
    }

    CloudflareApi& m_api;
    CloudflareApi& m_last_api;
    Clock& m_clock;
    const TailTarget& m_target;
    const TailHooks& m_hooks;
    std::size_t m_failures = 0; // since the last event
    std::string m_lost;         // why
};

} // namespace

Expected<nlohmann::json> tail_filters(const TailFilters& filters) {
    if (Expected<> good = check_values(filters); !good) {
        return propagate(good);
    }
    nlohmann::json result = nlohmann::json::array();
    if (filters.sampling_rate) {
        result.push_back({{"sampling_rate", *filters.sampling_rate}});
    }
    if (!filters.statuses.empty()) {
        Expected<nlohmann::json> outcome = outcomes(filters.statuses);
        if (!outcome) {
            return propagate(outcome);
        }
        result.push_back({{"outcome", std::move(*outcome)}});
    }
    if (!filters.methods.empty()) {
        result.push_back({{"method", filters.methods}});
    }
    if (filters.header) {
        Expected<nlohmann::json> header = header_filter(*filters.header);
        if (!header) {
            return propagate(header);
        }
        result.push_back({{"header", std::move(*header)}});
    }
    if (!filters.ips.empty()) {
        result.push_back({{"client_ip", filters.ips}});
    }
    if (filters.search) {
        result.push_back({{"query", *filters.search}});
    }
    if (filters.version_id) {
        result.push_back({{"scriptVersion", *filters.version_id}});
    }
    return result;
}

Expected<Tail> create_tail(CloudflareApi& api, const Clock& clock, const TailTarget& target) {
    const auto made = clock.wall_time();
    Expected<nlohmann::json> result =
        api.call({.method = "POST",
                  .path = tails_path(target),
                  .json = nlohmann::json{{"filters", target.filters}}},
                 "make a tail");
    if (!result) {
        return propagate(result);
    }
    Tail tail{text_of(*result, "id"), text_of(*result, "url"), made + kUsualLife};
    if (tail.id.empty() || !may_be_listened_to(tail.url)) {
        return fail(ErrorCode::http, "Cloudflare gave a tail without an address of a WebSocket");
    }
    if (const auto expires = resolving::parse_timestamp(text_of(*result, "expires_at"))) {
        tail.expires = std::chrono::time_point_cast<std::chrono::system_clock::duration>(*expires);
    }
    // One that is about to expire when it comes would be renewed without an end.
    tail.expires = std::max(tail.expires, made + 2 * kRenewBefore);
    return tail;
}

Expected<> follow_tail(CloudflareApi& api, CloudflareApi& last_api, Clock& clock,
                       const TailTarget& target, const TailHooks& hooks) {
    Expected<> done = TailFollower(api, last_api, clock, target, hooks).follow();
    // Ctrl-C is how one ends a tail.
    return !done && done.error().code == ErrorCode::cancelled ? Expected<>() : done;
}

} // namespace pymode

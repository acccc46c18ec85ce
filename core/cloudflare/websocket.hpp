// SPDX-License-Identifier: MIT
// A WebSocket from the client's side (RFC 6455), as an interface, so that whoever listens to one is
// tested without a network.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/cancel.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"

namespace pymode {

struct SocketEvent {
    enum class Kind {
        message,   // `text` is it
        quiet,     // nothing came in the time that was given
        closed,    // the other side said so: `close_code`, and its reason in `text`
        lost,      // without a word, or it breaks the protocol: why is in `text`
        cancelled, // the user gave up
    };
    Kind kind = Kind::quiet;
    std::string text{};
    int close_code = 0;
};

class WebSocket {
  public:
    virtual ~WebSocket() = default;

    // A text frame.
    [[nodiscard]] virtual Expected<> send(std::string_view text) = 0;

    // Waits for one event, at most for `patience`. After `closed` and `lost` nothing comes any
    // more.
    [[nodiscard]] virtual SocketEvent next(std::chrono::milliseconds patience) = 0;
};

struct WebSocketOptions {
    std::string subprotocol; // asked for, and the server must agree
    std::string user_agent;
    // Proxies (as proxy_for; http:// ones, through CONNECT) and certificates (SSL_CERT_FILE,
    // SSL_CERT_DIR, CURL_CA_BUNDLE) come from here.
    Env env{};
    CancelToken cancel{};
    std::size_t max_message_bytes = 1 << 20;
    std::chrono::milliseconds connect_timeout{15'000}; // for each step: connection, TLS, upgrade
    // A ping after so long a silence; the connection is lost when as long again brings nothing.
    std::chrono::milliseconds ping_after{10'000};
};

using OpenWebSocket = std::function<Expected<std::unique_ptr<WebSocket>>(
    const std::string& url, const WebSocketOptions& options)>;

// Over Boost.Beast; `url` is ws: or wss:, whose certificate must be of its host. Messages name the
// host alone, because the rest of the URL may be a secret. ErrorCode::network when there is no
// connection, ErrorCode::http when the server answers without a WebSocket.
[[nodiscard]] Expected<std::unique_ptr<WebSocket>> open_web_socket(const std::string& url,
                                                                   const WebSocketOptions& options);

} // namespace pymode

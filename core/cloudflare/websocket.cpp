// SPDX-License-Identifier: MIT
// The only file that includes Boost. Every operation is asynchronous and the caller turns the loop
// until it is complete, so that Ctrl-C and the times apply to each of them.
#include "core/cloudflare/websocket.hpp"

#include <algorithm>
#include <optional>
#include <utility> // before Asio 1.74, which forgets it
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/base64.hpp"
#include "core/base/proxy.hpp"
#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::size_t kMaxProxyAnswer = 16 << 10;

// Where a URL points to.
struct Place {
    bool secure = false;
    std::string host; // without the brackets of an IPv6 address
    std::string port;
    std::string target;    // path and query
    std::string user_info; // "user:password", as it is in the URL
    [[nodiscard]] std::string authority() const {
        return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
    }
};

std::optional<Place> parse_place(std::string_view url, std::string_view secure_scheme,
                                 std::string_view default_port) {
    const std::optional<UrlParts> parts = split_url(url);
    if (!parts || parts->host.empty()) {
        return std::nullopt;
    }
    Place place;
    place.secure = equals_ignoring_case(parts->scheme, secure_scheme);
    std::string_view host = parts->host;
    place.port = place.secure ? "443" : default_port;
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        const std::optional<std::uint64_t> port = parse_unsigned(host.substr(colon + 1));
        if (!port || *port == 0 || *port > 65'535) {
            return std::nullopt;
        }
        place.port = std::to_string(*port);
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    place.host = host;
    place.user_info = parts->userinfo;
    place.target = parts->path.empty() ? "/" : std::string(parts->path);
    if (!parts->query.empty()) {
        place.target += fmt::format("?{}", parts->query);
    }
    // What goes into a request line and a header.
    const auto plain = [](char c) { return c > ' ' && c < '\x7F'; };
    const bool good = !place.host.empty() && std::ranges::all_of(place.host, plain) &&
                      std::ranges::all_of(place.target, plain);
    return good ? std::optional(std::move(place)) : std::nullopt;
}

// How an operation ended; the operation shares it, because it may outlive who waits for it.
struct Step {
    bool done = false;
    error_code error;
};

class EventLoop {
  public:
    explicit EventLoop(CancelToken cancel) : m_cancel(std::move(cancel)) {
        // A copy of the descriptor: Asio closes what it is given.
        const int copy = m_cancel.wait_fd() < 0 ? -1 : dup(m_cancel.wait_fd());
        if (copy >= 0) {
            m_wake.assign(copy);
            m_wake.async_wait(asio::posix::stream_descriptor::wait_read, [](error_code) {});
        }
    }

    [[nodiscard]] asio::io_context& context() { return m_context; }
    [[nodiscard]] bool cancelled() const { return m_cancel.cancelled(); }

    // Turns until `done`, the user gives up, or the time is over.
    void turn(const bool& done, Milliseconds limit) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!done && !cancelled() && std::chrono::steady_clock::now() < end) {
            // Without a descriptor to wake it, it looks itself.
            const auto until =
                m_wake.is_open()
                    ? end
                    : std::min(end, std::chrono::steady_clock::now() + Milliseconds(100));
            m_context.restart();
            m_context.run_one_until(until);
        }
    }

    // Starts an operation and waits for it. `start` is given the handler.
    template <class Start>
    Expected<> complete(std::string_view doing, Milliseconds limit, Start start) {
        const auto step = std::make_shared<Step>();
        start([step](error_code error, auto&&...) {
            step->error = error;
            step->done = true;
        });
        turn(step->done, limit);
        if (step->done && !step->error) {
            return {};
        }
        if (cancelled()) {
            return fail(ErrorCode::cancelled, "interrupted");
        }
        return fail(ErrorCode::network,
                    fmt::format("cannot {}: {}", doing,
                                step->done ? printable(step->error.message())
                                           : "no answer in " + human_duration(limit)));
    }

  private:
    CancelToken m_cancel;
    asio::io_context m_context{1};
    asio::posix::stream_descriptor m_wake{m_context};
};

Expected<> connect_tcp(EventLoop& loop, beast::tcp_stream& stream, const Place& place,
                       Milliseconds limit) {
    asio::ip::tcp::resolver resolver(loop.context());
    const auto addresses = std::make_shared<asio::ip::tcp::resolver::results_type>();
    const auto step = std::make_shared<Step>();
    resolver.async_resolve(place.host, place.port, [=](error_code error, auto results) {
        *addresses = results;
        step->error = error;
        step->done = true;
    });
    loop.turn(step->done, limit);
    if (loop.cancelled()) {
        return fail(ErrorCode::cancelled, "interrupted");
    }
    if (!step->done || step->error) {
        return fail(ErrorCode::network, fmt::format("cannot find the address of {}", place.host));
    }
    return loop.complete(fmt::format("connect to {}", place.host), limit,
                         [&](auto done) { stream.async_connect(*addresses, done); });
}

// CONNECT (RFC 9110, 9.3.6): from here on the stream ends at the other side of the proxy.
Expected<> tunnel(EventLoop& loop, beast::tcp_stream& stream, const Place& proxy,
                  const Place& place, Milliseconds limit) {
    http::request<http::empty_body> request{http::verb::connect, place.authority(), 11};
    request.set(http::field::host, place.authority());
    if (!proxy.user_info.empty()) {
        request.set(http::field::proxy_authorization,
                    "Basic " + base64(as_bytes(percent_decode(proxy.user_info))));
    }
    const std::string doing = fmt::format("get through the proxy {}", proxy.host);
    if (Expected<> sent = loop.complete(
            doing, limit, [&](auto done) { http::async_write(stream, request, done); });
        !sent) {
        return sent;
    }
    http::response_parser<http::empty_body> parser;
    parser.skip(true); // the answer to CONNECT has no body
    parser.header_limit(kMaxProxyAnswer);
    beast::flat_buffer buffer(kMaxProxyAnswer);
    if (Expected<> answered = loop.complete(
            doing, limit,
            [&](auto done) { http::async_read_header(stream, buffer, parser, done); });
        !answered) {
        return answered;
    }
    if (http::to_status_class(parser.get().result()) != http::status_class::successful) {
        return fail(ErrorCode::network,
                    fmt::format("cannot {}: it answered {}", doing, parser.get().result_int()));
    }
    return {};
}

// Where to connect to: the proxy for this URL, or nothing for the place itself.
Expected<std::optional<Place>> choose_proxy(const std::string& url, const Place& place,
                                            const Env& env) {
    std::string proxy = proxy_for(url, env);
    if (proxy.empty() || in_no_proxy_list(place.host, no_proxy_list(env))) {
        return std::nullopt;
    }
    if (proxy.find("://") == std::string::npos) {
        proxy = "http://" + proxy;
    }
    std::optional<Place> parsed = parse_place(proxy, "https", "1080");
    if (!parsed || !proxy.starts_with("http://")) {
        return fail(ErrorCode::usage,
                    "a WebSocket only goes through proxies whose address begins with http://",
                    "name its host in no_proxy to go without one");
    }
    return parsed;
}

// The certificates that the HTTP client trusts too.
Expected<> trust(asio::ssl::context& tls, const Env& env) {
    std::optional<std::string> file = env.get_nonempty("CURL_CA_BUNDLE");
    if (!file) {
        file = env.get_nonempty("SSL_CERT_FILE");
    }
    error_code error;
    if (file) {
        tls.load_verify_file(*file, error);
    } else {
        tls.set_default_verify_paths(error);
    }
    if (const auto folder = env.get_nonempty("SSL_CERT_DIR"); folder && !error) {
        tls.add_verify_path(*folder, error);
    }
    if (error) {
        return fail(ErrorCode::config,
                    fmt::format("cannot read the certificates of {}: {}",
                                file ? printable(*file) : "the system", error.message()));
    }
    return {};
}

Expected<> prepare_tls(TlsStream& stream, const Place& place) {
    error_code no_address;
    asio::ip::make_address(place.host, no_address);
    // SNI is for names (RFC 6066, 3).
    if (no_address && SSL_set_tlsext_host_name(stream.native_handle(), place.host.c_str()) != 1) {
        return fail(ErrorCode::internal, "cannot prepare TLS for " + place.host);
    }
    error_code error;
    stream.set_verify_mode(asio::ssl::verify_peer, error);
    if (!error) {
        stream.set_verify_callback(asio::ssl::host_name_verification(place.host), error);
    }
    if (error) {
        return fail(ErrorCode::internal, "cannot prepare TLS: " + error.message());
    }
    return {};
}

// Over TLS or over plain TCP: `Stream` is one of the two.
template <class Stream> class BeastWebSocket final : public WebSocket {
  public:
    template <class... Arguments>
    BeastWebSocket(std::shared_ptr<EventLoop> loop, const WebSocketOptions& options,
                   Arguments&&... arguments)
        : m_loop(std::move(loop)), m_limit(options.connect_timeout),
          m_buffer(options.max_message_bytes + 1), m_socket(std::forward<Arguments>(arguments)...) {
        m_socket.read_message_max(options.max_message_bytes);
        websocket::stream_base::timeout times{};
        times.handshake_timeout = options.connect_timeout;
        times.idle_timeout = 2 * options.ping_after;
        times.keep_alive_pings = true; // at half of the idle time
        m_socket.set_option(times);
    }

    Expected<> upgrade(const Place& place, const WebSocketOptions& options) {
        // From here on the WebSocket's own times apply.
        beast::get_lowest_layer(m_socket).expires_never();
        m_socket.set_option(
            websocket::stream_base::decorator([&options](websocket::request_type& request) {
                request.set(http::field::sec_websocket_protocol, options.subprotocol);
                request.set(http::field::user_agent, options.user_agent);
            }));
        const bool usual_port = place.port == (place.secure ? "443" : "80");
        const std::string authority = place.authority();
        const std::string host = usual_port ? authority.substr(0, authority.rfind(':')) : authority;
        websocket::response_type answer;
        Expected<> done = m_loop->complete(
            fmt::format("open the WebSocket at {}", place.host), m_limit,
            [&](auto handler) { m_socket.async_handshake(answer, host, place.target, handler); });
        if (!done && answer.result() != http::status::switching_protocols &&
            answer.result_int() != 200) {
            return fail(ErrorCode::http, fmt::format("{} opens no WebSocket: it answered {}",
                                                     place.host, answer.result_int()));
        }
        if (!done) {
            return done;
        }
        const std::string agreed(answer[http::field::sec_websocket_protocol]);
        if (agreed != options.subprotocol) {
            return fail(ErrorCode::http,
                        fmt::format("{} does not speak {}", place.host, options.subprotocol));
        }
        return {};
    }

    Expected<> send(std::string_view text) override {
        m_socket.text(true);
        return m_loop->complete("send to the WebSocket", m_limit, [&](auto done) {
            m_socket.async_write(asio::buffer(text.data(), text.size()), done);
        });
    }

    SocketEvent next(Milliseconds patience) override {
        using Kind = SocketEvent::Kind;
        if (!m_read) {
            m_read = std::make_shared<Step>();
            m_socket.async_read(m_buffer, [step = m_read](error_code error, std::size_t) {
                step->error = error;
                step->done = true;
            });
        }
        m_loop->turn(m_read->done, patience);
        if (!m_read->done) {
            return {m_loop->cancelled() ? Kind::cancelled : Kind::quiet};
        }
        const error_code error = std::exchange(m_read, nullptr)->error;
        // It said so, even when its end of the connection then stays open until the time is over.
        const websocket::close_reason& reason = m_socket.reason();
        if (error && reason.code != websocket::close_code::none) {
            return {Kind::closed,
                    printable(std::string_view(reason.reason.data(), reason.reason.size())),
                    reason.code};
        }
        if (error == beast::error::timeout) {
            return {Kind::lost, "no answer to a ping"};
        }
        if (error) {
            return {Kind::lost, printable(error.message())};
        }
        SocketEvent event{Kind::message, beast::buffers_to_string(m_buffer.data())};
        m_buffer.consume(m_buffer.size());
        return event;
    }

    [[nodiscard]] websocket::stream<Stream>& stream() { return m_socket; }

  private:
    std::shared_ptr<EventLoop> m_loop; // outlives the socket
    Milliseconds m_limit;
    beast::flat_buffer m_buffer;
    std::shared_ptr<Step> m_read; // while a message is waited for
    websocket::stream<Stream> m_socket;
};

// The rest of the way, the same for both kinds of streams.
template <class Socket>
Expected<std::unique_ptr<WebSocket>> upgraded(std::unique_ptr<Socket> socket, const Place& place,
                                              const WebSocketOptions& options) {
    if (Expected<> done = socket->upgrade(place, options); !done) {
        return propagate(done);
    }
    return socket;
}

Expected<std::unique_ptr<WebSocket>> secure_socket(std::shared_ptr<EventLoop> loop,
                                                   beast::tcp_stream stream, const Place& place,
                                                   const WebSocketOptions& options) {
    asio::ssl::context tls(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    if (Expected<> trusted = trust(tls, options.env); !trusted) {
        return propagate(trusted);
    }
    EventLoop& turning = *loop;
    // OpenSSL keeps the context alive for as long as the stream uses it.
    auto socket = std::make_unique<BeastWebSocket<TlsStream>>(std::move(loop), options,
                                                              std::move(stream), tls);
    TlsStream& layer = socket->stream().next_layer();
    if (Expected<> prepared = prepare_tls(layer, place); !prepared) {
        return propagate(prepared);
    }
    if (Expected<> shaken = turning.complete(
            fmt::format("agree on TLS with {}", place.host), options.connect_timeout,
            [&](auto done) { layer.async_handshake(asio::ssl::stream_base::client, done); });
        !shaken) {
        return propagate(shaken);
    }
    return upgraded(std::move(socket), place, options);
}

Expected<std::unique_ptr<WebSocket>> open_checked(const std::string& url, const Place& place,
                                                  const WebSocketOptions& options) {
    Expected<std::optional<Place>> proxy = choose_proxy(url, place, options.env);
    if (!proxy) {
        return propagate(proxy);
    }
    // Shared with the socket: also a stream that was moved from needs the loop until it ends.
    const auto loop = std::make_shared<EventLoop>(options.cancel);
    beast::tcp_stream stream(loop->context());
    Expected<> connected =
        connect_tcp(*loop, stream, *proxy ? **proxy : place, options.connect_timeout);
    if (connected && *proxy) {
        connected = tunnel(*loop, stream, **proxy, place, options.connect_timeout);
    }
    if (!connected) {
        return propagate(connected);
    }
    if (place.secure) {
        return secure_socket(loop, std::move(stream), place, options);
    }
    return upgraded(
        std::make_unique<BeastWebSocket<beast::tcp_stream>>(loop, options, std::move(stream)),
        place, options);
}

} // namespace

Expected<std::unique_ptr<WebSocket>> open_web_socket(const std::string& url,
                                                     const WebSocketOptions& options) {
    const bool known = url.starts_with("ws://") || url.starts_with("wss://");
    const std::optional<Place> place =
        known ? parse_place(url, "wss", "80") : std::optional<Place>();
    if (!place || !place->user_info.empty()) {
        return fail(ErrorCode::http, "the address of a WebSocket is not one");
    }
    try {
        return open_checked(url, *place, options);
    } catch (const std::exception& problem) { // Asio throws where the system has no resources left
        return fail(ErrorCode::network, fmt::format("cannot open a WebSocket to {}: {}",
                                                    place->host, printable(problem.what())));
    }
}

} // namespace pymode

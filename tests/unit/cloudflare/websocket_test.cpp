// SPDX-License-Identifier: MIT
#include "core/cloudflare/websocket.hpp"

#include <catch2/catch.hpp>
#include <openssl/evp.h>

#include "tests/unit/support/test_server.hpp"

using namespace pymode;
using namespace std::chrono_literals;
using test::ReceivedRequest;
using test::Reply;
using test::TestServer;
using Kind = SocketEvent::Kind;

namespace {

// RFC 6455, 4.2.2.
std::string accept_key(const std::string& key) {
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
    unsigned char encoded[64];
    EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
    return reinterpret_cast<const char*>(encoded);
}

// Upgrades, sends `frames`, and then is silent until the client goes.
TestServer server_of(const std::string& frames, const std::string& subprotocol = "trace-v1") {
    return TestServer([=](const ReceivedRequest& request) {
        Reply reply;
        reply.raw = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Protocol: " +
                    subprotocol + "\r\nSec-WebSocket-Accept: " +
                    accept_key(request.headers.at("sec-websocket-key")) + "\r\n\r\n" + frames;
        reply.hold = true;
        return reply;
    });
}

std::string url_of(const TestServer& server) {
    return "ws://127.0.0.1:" + std::to_string(server.port()) + "/secret?more";
}

WebSocketOptions options_of(CancelToken cancel = {}) {
    return {.subprotocol = "trace-v1",
            .user_agent = "pymode-test",
            .cancel = std::move(cancel),
            .max_message_bytes = 100,
            .connect_timeout = 5s,
            .ping_after = 50ms};
}

std::string frame(unsigned char opcode, const std::string& text) {
    REQUIRE(text.size() < 126);
    return std::string(1, static_cast<char>(0x80 | opcode)) + static_cast<char>(text.size()) + text;
}

} // namespace

TEST_CASE("what the other side of a WebSocket does") {
    struct Row {
        const char* what;
        std::string frames;
        std::vector<SocketEvent> events; // an empty text is not compared
    };
    const auto row = GENERATE(values<Row>({
        {"messages in one or more frames",
         frame(1, "one") + std::string("\x01\x02tw", 4) + frame(0, "o") + frame(2, "bytes"),
         {{Kind::message, "one"}, {Kind::message, "two"}, {Kind::message, "bytes"}}},
        {"silence: the ping gets no answer", "", {{Kind::lost, "no answer to a ping"}}},
        {"a close with its code",
         frame(8, std::string("\x03\xE8") + "bye"),
         {{Kind::closed, "bye", 1000}}},
        {"a message over the limit", std::string("\x81\x7E\x01\x00", 4), {{Kind::lost}}},
        {"one that claims to be enormous",
         std::string("\x81\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10),
         {{Kind::lost}}},
        {"a masked frame, which servers must not send",
         std::string("\x81\x81\x01\x02\x03\x04x", 7),
         {{Kind::lost}}},
        {"a reserved opcode", frame(5, ""), {{Kind::lost}}},
    }));
    INFO(row.what);
    TestServer server = server_of(row.frames);
    auto socket = open_web_socket(url_of(server), options_of());
    REQUIRE(socket);
    for (const SocketEvent& expected : row.events) {
        const SocketEvent event = (*socket)->next(5s);
        CHECK(event.kind == expected.kind);
        CHECK(event.close_code == expected.close_code);
        if (!expected.text.empty()) {
            CHECK(event.text == expected.text);
        }
    }
}

TEST_CASE("nothing in the time that is given is quiet, and the user can give up") {
    TestServer server = server_of("");
    const CancelToken cancel;
    WebSocketOptions options = options_of(cancel);
    options.ping_after = 10s;
    auto socket = open_web_socket(url_of(server), options);
    REQUIRE(socket);
    CHECK((*socket)->next(20ms).kind == Kind::quiet);
    cancel.cancel();
    CHECK((*socket)->next(1h).kind == Kind::cancelled);
}

TEST_CASE("the upgrade names the protocol and holds no credentials") {
    TestServer server = server_of("");
    REQUIRE(open_web_socket(url_of(server), options_of()));
    const ReceivedRequest request = server.requests().at(0);
    CHECK(request.target == "/secret?more");
    CHECK(request.headers.at("sec-websocket-protocol") == "trace-v1");
    CHECK(request.headers.at("user-agent") == "pymode-test");
    CHECK_FALSE(request.headers.contains("authorization"));
}

TEST_CASE("no WebSocket is an error that shows the host alone") {
    struct Row {
        const char* what;
        std::string url;
        ErrorCode code;
    };
    TestServer not_found([](const ReceivedRequest&) { return test::reply(404, "no"); });
    TestServer other = server_of("", "other");
    // A loop: a generator would keep the ports of servers that are gone.
    const std::vector<Row> rows{
        {"404", url_of(not_found), ErrorCode::http},
        {"another protocol", url_of(other), ErrorCode::http},
        {"nobody listens", "ws://127.0.0.1:1/secret", ErrorCode::network},
        {"no port", "ws://127.0.0.1:99999/secret", ErrorCode::http},
        {"another scheme", "https://127.0.0.1/secret", ErrorCode::http},
        {"a password", "ws://a:b@127.0.0.1/secret", ErrorCode::http},
        {"a line break", "ws://127.0.0.1/secret\r\nX: y", ErrorCode::http},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        const auto socket = open_web_socket(row.url, options_of());
        REQUIRE_FALSE(socket);
        INFO(socket.error().message);
        CHECK(socket.error().code == row.code);
        CHECK(format_error(socket.error(), Colour::no).find("secret") == std::string::npos);
    }
}

TEST_CASE("a proxy that is none of HTTP is refused, one that says no is named") {
    TestServer proxy([](const ReceivedRequest&) { return test::reply(407, ""); });
    WebSocketOptions options = options_of();
    options.env = Env{{"http_proxy", "socks5://127.0.0.1:1"}};
    CHECK(open_web_socket("ws://example.com/secret", options).error().code == ErrorCode::usage);
    options.env = Env{{"http_proxy", "http://127.0.0.1:" + std::to_string(proxy.port())}};
    const auto refused = open_web_socket("ws://example.com/secret", options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "cannot get through the proxy 127.0.0.1: it answered 407");
    CHECK(proxy.requests().at(0).method == "CONNECT");
    CHECK(proxy.requests().at(0).target == "example.com:80");
}

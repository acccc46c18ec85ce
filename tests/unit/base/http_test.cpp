// SPDX-License-Identifier: MIT
#include "core/base/http.hpp"

#include <atomic>

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "tests/unit/support/fake_clock.hpp"
#include "tests/unit/support/test_server.hpp"

using namespace pymode;
using namespace std::chrono_literals;
using test::FakeClock;
using test::ReceivedRequest;
using test::Reply;
using test::reply;
using test::TestServer;

namespace {

// A client whose pauses take no time.
struct Client {
    FakeClock clock;
    CancelToken cancel;
    std::unique_ptr<Http> http =
        make_http_client({.user_agent = "pymode-test", .env = Env(), .cancel = cancel}, clock)
            .value();

    Expected<HttpResponse> get(const std::string& url) {
        HttpRequest request;
        request.url = url;
        return http->send(request);
    }
};

// Answers with one reply after the other; the last one again and again.
TestServer::Handler sequence(std::vector<Reply> replies) {
    return [replies, next = std::size_t{0}](const ReceivedRequest&) mutable {
        const Reply& answer = replies[std::min(next, replies.size() - 1)];
        ++next;
        return answer;
    };
}

} // namespace

TEST_CASE("a request with headers and a body, and its answer") {
    TestServer server(
        sequence({reply(201, "made", "X-Id: 7\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n")}));
    Client client;
    HttpRequest request;
    request.method = "PUT";
    request.url = server.url("/items/1?q=2");
    request.headers = {{"Authorization", "Bearer secret"}, {"X-Empty", ""}};
    request.body = to_bytes(std::string("\0\xFF body", 7));
    const HttpResponse response = client.http->send(request).value();
    CHECK(response.status == 201);
    CHECK(response.ok());
    CHECK(response.text() == "made");
    CHECK(response.header("x-id") == "7");
    CHECK_FALSE(response.header("x-none").has_value());
    CHECK(response.attempts == 1);
    const ReceivedRequest received = server.requests().at(0);
    CHECK(received.method == "PUT");
    CHECK(received.target == "/items/1?q=2");
    CHECK(received.body == std::string("\0\xFF body", 7));
    CHECK(received.headers.at("authorization") == "Bearer secret");
    CHECK(received.headers.at("x-empty").empty());
    CHECK(received.headers.at("user-agent") == "pymode-test");
    CHECK(received.headers.count("content-type") == 0);
    CHECK(received.headers.count("expect") == 0);
}

TEST_CASE("an empty body, HEAD, and no body") {
    TestServer server(sequence({reply(200, "")}));
    Client client;
    HttpRequest request;
    request.url = server.url("/");
    request.method = "POST";
    request.body = Bytes();
    REQUIRE(client.http->send(request));
    request.body.reset();
    request.method = "HEAD";
    REQUIRE(client.http->send(request));
    request.method = "DELETE";
    REQUIRE(client.http->send(request));
    const auto received = server.requests();
    CHECK(received.at(0).headers.at("content-length") == "0");
    CHECK(received.at(1).method == "HEAD");
    CHECK(received.at(2).method == "DELETE");
    CHECK(received.at(2).body.empty());
}

TEST_CASE("a form of several parts") {
    // The second attempt reads the parts again.
    TestServer server(sequence({reply(500, ""), reply(200, "")}));
    Client client;
    HttpRequest request;
    request.method = "PUT";
    request.url = server.url("/");
    const std::string module("a\0b", 3);
    request.multipart = {
        owning_part("metadata", "", "application/json", to_bytes("{}")),
        {"worker.js", "worker.js", "application/javascript+module", as_bytes(module), nullptr}};
    REQUIRE(client.http->send(request));
    const ReceivedRequest received = server.requests().at(1);
    CHECK(received.method == "PUT");
    CHECK(received.headers.at("content-type").starts_with("multipart/form-data; boundary="));
    CHECK(received.body.find("Content-Disposition: form-data; name=\"metadata\"\r\n"
                             "Content-Type: application/json\r\n\r\n{}\r\n") != std::string::npos);
    CHECK(received.body.find("name=\"worker.js\"; filename=\"worker.js\"\r\n"
                             "Content-Type: application/javascript+module\r\n\r\n") !=
          std::string::npos);
    CHECK(received.body.find(std::string("a\0b", 3)) != std::string::npos);
}

TEST_CASE("a file is sent as the body, whole at each attempt") {
    const auto folder = TempDir::create();
    REQUIRE(folder);
    const std::string content =
        GENERATE(std::string(), std::string("a\0b", 3), std::string(1 << 20, 'x') + "end");
    HttpRequest request;
    request.method = "PUT";
    request.body_file = folder->path() / "body";
    REQUIRE(write_file_atomic(request.body_file, content));
    request.headers = {{"Content-Type", "image/x-test"}};
    TestServer server(sequence({reply(500, ""), reply(200, "")}));
    request.url = server.url("/");
    Client client;
    REQUIRE(client.http->send(request)->status == 200);
    const auto received = server.requests();
    REQUIRE(received.size() == 2);
    for (const ReceivedRequest& one : received) {
        CHECK(one.method == "PUT");
        CHECK(one.headers.at("content-type") == "image/x-test");
        CHECK(one.headers.at("content-length") == std::to_string(content.size()));
        CHECK_FALSE(one.headers.contains("expect"));
        CHECK(one.body == content);
    }
    request.body_file = folder->path() / "none";
    CHECK(client.http->send(request).error().code == ErrorCode::io);
}

TEST_CASE("passing faults are tried again, with growing pauses") {
    TestServer server(sequence({reply(500, ""), reply(502, ""), reply(200, "at last")}));
    Client client;
    const HttpResponse response = client.get(server.url("/")).value();
    CHECK(response.text() == "at last");
    CHECK(response.attempts == 3);
    REQUIRE(client.clock.sleeps.size() == 2);
    CHECK(client.clock.sleeps[0] >= 250ms);
    CHECK(client.clock.sleeps[0] <= 750ms);
    CHECK(client.clock.sleeps[1] >= 500ms);
}

TEST_CASE("a POST is tried again after a fault only when it may be repeated") {
    const bool repeatable = GENERATE(false, true);
    TestServer server(sequence({reply(500, ""), reply(200, "ok")}));
    Client client;
    HttpRequest request;
    request.method = "POST";
    request.url = server.url("/");
    request.body = to_bytes("x");
    request.repeatable = repeatable;
    CHECK(client.http->send(request)->status == (repeatable ? 200 : 500));
}

TEST_CASE("the last answer counts when nothing helps") {
    TestServer server(sequence({reply(503, "down")}));
    Client client;
    const HttpResponse response = client.get(server.url("/")).value();
    CHECK(response.status == 503);
    CHECK(response.text() == "down");
    CHECK(response.attempts == 4);
    CHECK(server.requests().size() == 4);
}

TEST_CASE("429 with Retry-After is waited for, also with POST") {
    TestServer server(sequence({reply(429, "", "Retry-After: 7\r\n"), reply(200, "ok")}));
    Client client;
    HttpRequest request;
    request.method = "POST";
    request.url = server.url("/");
    CHECK(client.http->send(request)->text() == "ok");
    std::chrono::milliseconds waited{0};
    for (const auto pause : client.clock.sleeps) {
        waited += pause;
    }
    CHECK(waited == 7s);
}

TEST_CASE("a POST that may have been done is not repeated") {
    TestServer server(sequence({Reply{.raw = "", .hold = false, .pace = {}}, reply(200, "")}));
    Client client;
    HttpRequest request;
    request.method = "POST";
    request.url = server.url("/");
    request.body = to_bytes("x");
    const auto response = client.http->send(request);
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::network);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("what must not be repeated is sent once, although another answer kept its connection") {
    const std::string method = GENERATE("POST", "PUT", "PATCH", "DELETE");
    TestServer server([](const ReceivedRequest& request) {
        const std::string kept = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        return request.method == "GET" ? Reply{.raw = kept, .keep = true} : Reply{};
    });
    Client client;
    REQUIRE(client.get(server.url("/")));
    HttpRequest request;
    request.method = method;
    request.url = server.url("/");
    request.repeatable = false;
    CHECK(client.http->send(request).error().code == ErrorCode::network);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("dropped and cut off answers are tried again") {
    TestServer server(
        sequence({Reply{.raw = "", .hold = false, .pace = {}},
                  Reply{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", false, {}},
                  reply(200, "whole")}));
    Client client;
    const HttpResponse response = client.get(server.url("/")).value();
    CHECK(response.text() == "whole");
    CHECK(response.attempts == 3);
}

TEST_CASE("nobody listens") {
    int port = 0;
    {
        const TestServer server(sequence({reply(200, "")}));
        port = server.port();
    }
    Client client;
    const auto response =
        client.get("http://user:password@127.0.0.1:" + std::to_string(port) + "/p?token=secret");
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::network);
    CHECK(response.error().message ==
          "cannot reach http://127.0.0.1:" + std::to_string(port) + "/p");
    CHECK(error_to_json(response.error()).find("secret") == std::string::npos);
    CHECK(error_to_json(response.error()).find("password") == std::string::npos);
    CHECK(client.clock.sleeps.size() >= 3);
}

TEST_CASE("silence is a timeout") {
    TestServer server(sequence({Reply{.raw = "", .hold = true, .pace = {}}}));
    Client client;
    HttpRequest request;
    request.url = server.url("/");
    request.retry.max_attempts = 2;
    request.timeouts.total = 100ms;
    const auto response = client.http->send(request);
    REQUIRE_FALSE(response);
    CHECK(response.error().message.ends_with("does not answer"));
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a redirect is followed, without secrets to another host") {
    TestServer other(sequence({reply(200, "there")}));
    TestServer server([&](const ReceivedRequest& request) {
        return request.target == "/same" ? reply(302, "moved", "Location: /end\r\n")
               : request.target == "/end"
                   ? reply(200, "here")
                   : reply(302, "moved", "Location: " + other.url("/x") + "\r\n");
    });
    Client client;
    HttpRequest request;
    request.url = server.url("/same");
    request.headers = {{"Authorization", "Bearer secret"}, {"Cookie", "c=1"}, {"X-Other", "y"}};
    const HttpResponse same = client.http->send(request).value();
    CHECK(same.text() == "here");
    CHECK(same.url == server.url("/end"));
    CHECK(server.requests().back().headers.at("authorization") == "Bearer secret");

    request.url = server.url("/away");
    CHECK(client.http->send(request)->text() == "there");
    CHECK(other.requests().at(0).headers.count("authorization") == 0);
    CHECK(other.requests().at(0).headers.count("cookie") == 0);
    CHECK(other.requests().at(0).headers.at("x-other") == "y");

    request.method = "PUT"; // nothing is sent to where a server points
    request.body = to_bytes("data");
    CHECK(client.http->send(request)->status == 302);
    request.method = "GET";
    request.body.reset();
    request.max_redirects = 0;
    CHECK(client.http->send(request)->status == 302);
}

TEST_CASE("redirects end somewhere, and not in a file") {
    TestServer server([](const ReceivedRequest& request) {
        return request.target == "/file" ? reply(302, "", "Location: file:///etc/passwd\r\n")
                                         : reply(302, "", "Location: /again\r\n");
    });
    Client client;
    CHECK_FALSE(client.get(server.url("/loop")));
    CHECK_FALSE(client.get(server.url("/file")));
}

TEST_CASE("answers are bounded") {
    const std::string big(5000, 'x');
    TestServer server([&](const ReceivedRequest& request) {
        return request.target == "/length"
                   ? reply(200, big)
                   : Reply{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + big, false, {}};
    });
    Client client;
    HttpRequest request;
    request.max_response_bytes = 4999;
    for (const char* path : {"/length", "/unknown"}) {
        request.url = server.url(path);
        const auto response = client.http->send(request);
        REQUIRE_FALSE(response);
        CHECK(response.error().message.find("limit of 4.9 KiB") != std::string::npos);
    }
    CHECK(server.requests().size() == 2); // no second attempt
    request.max_response_bytes = 5000;
    CHECK(client.http->send(request)->text() == big);
}

TEST_CASE("a cancelled token ends a transfer that hangs") {
    Client client;
    TestServer server([&](const ReceivedRequest&) {
        client.cancel.cancel();
        return Reply{.raw = "", .hold = true, .pace = {}};
    });
    const auto response = client.get(server.url("/"));
    REQUIRE_FALSE(response);
    CHECK(response.error().code == ErrorCode::cancelled);
}

TEST_CASE("many requests at once keep their order") {
    std::atomic<int> failures = 0;
    TestServer server([&](const ReceivedRequest& request) {
        if (request.target == "/3" && failures++ == 0) {
            return reply(500, "");
        }
        return reply(200, request.target);
    });
    Client client;
    std::vector<HttpRequest> requests(20);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        requests[i].url = server.url("/" + std::to_string(i));
    }
    requests[7].url = "ftp://127.0.0.1/";
    const auto responses = client.http->send_all(requests);
    REQUIRE(responses.size() == requests.size());
    for (std::size_t i = 0; i < responses.size(); ++i) {
        CAPTURE(i);
        if (i == 7) {
            CHECK(responses[i].error().code == ErrorCode::config);
        } else {
            CHECK(responses[i]->text() == "/" + std::to_string(i));
            CHECK(responses[i]->attempts == (i == 3 ? 2 : 1));
        }
    }
}

TEST_CASE("a proxy from the environment is used, unless the host is excepted") {
    TestServer proxy(sequence({reply(200, "by proxy")}));
    TestServer server(sequence({reply(200, "direct")}));
    FakeClock clock;
    Env env{{"http_proxy", proxy.url("")}};
    const auto send = [&] {
        auto http = make_http_client({.user_agent = "t", .env = env, .cancel = {}}, clock).value();
        HttpRequest request;
        request.url = server.url("/");
        return to_text(http->send(request)->body);
    };
    CHECK(send() == "by proxy");
    env.set("no_proxy", "127.0.0.1");
    CHECK(send() == "direct");
    env = Env{{"HTTP_PROXY", proxy.url("")}}; // could come from a request's header
    CHECK(send() == "direct");
}

TEST_CASE("a header cannot smuggle another one in") {
    Client client;
    HttpRequest request;
    request.url = "http://127.0.0.1:1/";
    request.headers = {{"X", "a\r\nY: b"}};
    CHECK(client.http->send(request).error().code == ErrorCode::internal);
}

TEST_CASE("URLs for messages") {
    CHECK(url_for_messages("https://u:p@example.com:8443/a/b?token=x#f") ==
          "https://example.com:8443/a/b");
    CHECK(url_for_messages("nonsense") == "(not a URL)");
}

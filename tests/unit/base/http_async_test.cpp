// SPDX-License-Identifier: MIT
#include <condition_variable>
#include <mutex>

#include <catch2/catch.hpp>

#include "core/base/http.hpp"
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

// Answers as they come, and a way to wait for them.
class Answers {
  public:
    AsyncHttp::Done take() {
        return [this](Expected<HttpResponse> answer) {
            const std::lock_guard lock(m_mutex);
            m_answers.push_back(std::move(answer));
            m_changed.notify_all();
        };
    }

    std::vector<Expected<HttpResponse>> wait_for(std::size_t count) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_answers.size() >= count; });
        return m_answers;
    }

    std::size_t count() {
        const std::lock_guard lock(m_mutex);
        return m_answers.size();
    }

  private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Expected<HttpResponse>> m_answers;
};

struct Client {
    FakeClock clock;
    CancelToken cancel;
    Answers answers;
    std::unique_ptr<AsyncHttp> http =
        make_async_http_client({.user_agent = "t", .env = Env(), .cancel = cancel}, clock).value();

    HttpRequest to(const std::string& url) {
        HttpRequest request;
        request.url = url;
        return request;
    }
};

// Remembers what it was given.
struct TextSink final : BodySink {
    std::string text;
    int begun = 0;
    bool wanted = true;
    bool full = false;

    Expected<bool> begin(const HttpResponse& head) override {
        ++begun;
        text = std::to_string(head.status) + ":";
        return wanted;
    }
    Expected<> write(ByteView bytes) override {
        if (full) {
            return fail(ErrorCode::io, "the disk is full");
        }
        text += as_text(bytes);
        return {};
    }
};

} // namespace

TEST_CASE("requests run side by side in a thread of their own") {
    TestServer server([](const ReceivedRequest& request) { return reply(200, request.target); });
    Client client;
    for (int i = 0; i < 150; ++i) {
        client.http->start(client.to(server.url("/" + std::to_string(i))), client.answers.take());
    }
    for (const auto& answer : client.answers.wait_for(150)) {
        REQUIRE(answer);
        CHECK(answer->text() == answer->url.substr(answer->url.rfind('/')));
    }
}

TEST_CASE("a request may be started from within an answer") {
    TestServer server([](const ReceivedRequest& request) { return reply(200, request.target); });
    Client client;
    client.http->start(client.to(server.url("/1")), [&](const Expected<HttpResponse>&) {
        client.http->start(client.to(server.url("/2")), client.answers.take());
    });
    CHECK(client.answers.wait_for(1).at(0)->text() == "/2");
}

TEST_CASE("the asynchronous client repeats, and new requests do not wait for its pauses") {
    TestServer server([n = 0](const ReceivedRequest& request) mutable {
        return request.target == "/flaky" && ++n < 3 ? reply(503, "") : reply(200, "ok");
    });
    Client client;
    client.http->start(client.to(server.url("/flaky")), client.answers.take());
    client.http->start(client.to(server.url("/other")), client.answers.take());
    const auto answers = client.answers.wait_for(2);
    CHECK(answers[0]->text() == "ok");
    CHECK(answers[1]->text() == "ok");
    CHECK(answers[0]->attempts + answers[1]->attempts == 4);
}

TEST_CASE("the end of the client, or the user, cancels what runs") {
    TestServer server([](const ReceivedRequest&) { return Reply{"", true, {}}; });
    Client client;
    client.http->start(client.to(server.url("/")), client.answers.take());
    SECTION("the end") {
        client.http.reset();
    }
    SECTION("the user") {
        client.cancel.cancel();
    }
    const auto answers = client.answers.wait_for(1);
    REQUIRE_FALSE(answers.at(0));
    CHECK(answers.at(0).error().code == ErrorCode::cancelled);
}

TEST_CASE("a sink gets the body of the answer that counts") {
    TestServer server([n = 0](const ReceivedRequest& request) mutable {
        ++n;
        if (request.target == "/missing") {
            return reply(404, "not there");
        }
        return n == 1   ? Reply{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", false, {}}
               : n == 2 ? reply(500, "broken")
               : n == 3 ? reply(302, "moved", "Location: /end\r\n")
                        : reply(200, "whole");
    });
    Client client;
    auto sink = std::make_shared<TextSink>();
    HttpRequest request = client.to(server.url("/"));
    request.sink = sink;
    SECTION("only of the last attempt") {
        client.http->start(request, client.answers.take());
        const auto answers = client.answers.wait_for(1);
        CHECK(answers.at(0)->body.empty());
        CHECK(sink->text == "200:whole");
        CHECK(sink->begun == 2);
    }
    SECTION("only of a success") {
        request.url = server.url("/missing");
        client.http->start(request, client.answers.take());
        CHECK(client.answers.wait_for(1).at(0)->text() == "not there");
        CHECK(sink->begun == 0);
    }
    SECTION("only if it wants it") {
        sink->wanted = false;
        client.http->start(request, client.answers.take());
        CHECK(client.answers.wait_for(1).at(0)->text() == "whole");
    }
    SECTION("its error ends the request") {
        sink->full = true;
        client.http->start(request, client.answers.take());
        CHECK(client.answers.wait_for(1).at(0).error().message == "the disk is full");
        CHECK(server.requests().size() == 1);
    }
    SECTION("what is too large ends the request") {
        request.max_response_bytes = 4;
        client.http->start(request, client.answers.take());
        CHECK(client.answers.wait_for(1).at(0).error().code == ErrorCode::network);
    }
}

TEST_CASE("a sink learns of an empty body too") {
    TestServer server([](const ReceivedRequest&) { return reply(200, ""); });
    Client client;
    auto sink = std::make_shared<TextSink>();
    HttpRequest request = client.to(server.url("/"));
    request.sink = sink;
    client.http->start(request, client.answers.take());
    REQUIRE(client.answers.wait_for(1).at(0));
    CHECK(sink->text == "200:");
}

// SPDX-License-Identifier: MIT
// A loopback HTTP/1.1 server for tests, which can also misbehave.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pymode::test {

struct ReceivedRequest {
    std::string method;
    std::string target;                         // path and query
    std::map<std::string, std::string> headers; // names in lower case
    std::string body;
};

struct Reply {
    std::string raw;                   // sent as it is; then the connection is closed
    bool hold = false;                 // before closing, wait until the client goes away
    std::chrono::milliseconds pace{0}; // between pieces of 64 bytes
    bool keep = false;                 // do not close: another request may come
};

// "HTTP/1.1 200 OK" with Content-Length; `extra_headers` each end in CR LF.
[[nodiscard]] Reply reply(int status, const std::string& body,
                          const std::string& extra_headers = "");

class TestServer {
  public:
    // The handler is called in the thread of a connection, never twice at the same time.
    using Handler = std::function<Reply(const ReceivedRequest&)>;

    explicit TestServer(Handler handler);
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    [[nodiscard]] int port() const { return m_port; }
    [[nodiscard]] std::string url(const std::string& path) const;
    [[nodiscard]] std::vector<ReceivedRequest> requests();

  private:
    void accept_loop();
    void serve(int connection);

    Handler m_handler;
    std::mutex m_mutex;
    std::vector<ReceivedRequest> m_requests;
    std::vector<std::thread> m_connections;
    int m_listener = -1;
    int m_stop = -1; // eventfd: readable when the server ends
    int m_port = 0;
    std::thread m_thread;
};

} // namespace pymode::test

// SPDX-License-Identifier: MIT
#include "tests/unit/support/test_server.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace pymode::test {

namespace {

void require(bool condition, const char* what) {
    if (!condition) {
        throw std::runtime_error(what);
    }
}

// True when `fd` is readable; false when the server ends first.
bool readable(int fd, int stop) {
    pollfd set[] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
    return poll(set, 2, -1) > 0 && set[1].revents == 0;
}

// More bytes appended to `buffer`; false at the end of the connection.
bool receive(int connection, int stop, std::string& buffer) {
    char chunk[16384];
    if (!readable(connection, stop)) {
        return false;
    }
    const ssize_t count = recv(connection, chunk, sizeof chunk, 0);
    if (count <= 0) {
        return false;
    }
    buffer.append(chunk, static_cast<std::size_t>(count));
    return true;
}

ReceivedRequest parse_head(std::string_view head) {
    ReceivedRequest request;
    const auto lines = split_lines(head);
    const auto words = split(lines.at(0), ' ');
    request.method = words.at(0);
    request.target = words.at(1);
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto colon = lines[i].find(':');
        if (colon != std::string_view::npos) {
            request.headers[to_lower_ascii(lines[i].substr(0, colon))] =
                std::string(trim(lines[i].substr(colon + 1)));
        }
    }
    return request;
}

std::optional<ReceivedRequest> read_request(int connection, int stop) {
    std::string buffer;
    std::size_t head_end = std::string::npos;
    while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos) {
        if (!receive(connection, stop, buffer)) {
            return std::nullopt;
        }
    }
    ReceivedRequest request = parse_head(std::string_view(buffer).substr(0, head_end));
    const auto length = parse_unsigned(request.headers["content-length"]).value_or(0);
    while (buffer.size() < head_end + 4 + length) {
        if (!receive(connection, stop, buffer)) {
            return std::nullopt;
        }
    }
    request.body = buffer.substr(head_end + 4, length);
    return request;
}

void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            return; // the client went away: some tests want just that
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace

Reply reply(int status, const std::string& body, const std::string& extra_headers) {
    return {"HTTP/1.1 " + std::to_string(status) +
                " Text\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\nConnection: close\r\n" + extra_headers + "\r\n" + body,
            false,
            {}};
}

TestServer::TestServer(Handler handler) : m_handler(std::move(handler)) {
    m_stop = eventfd(0, EFD_CLOEXEC);
    m_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    require(bind(m_listener, generic, length) == 0, "bind");
    require(listen(m_listener, 64) == 0, "listen");
    require(getsockname(m_listener, generic, &length) == 0, "getsockname");
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this] { accept_loop(); });
}

TestServer::~TestServer() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(m_stop, &one, sizeof one);
    m_thread.join();
    for (std::thread& connection : m_connections) {
        connection.join();
    }
    close(m_listener);
    close(m_stop);
}

std::string TestServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(m_port) + path;
}

std::vector<ReceivedRequest> TestServer::requests() {
    const std::lock_guard lock(m_mutex);
    return m_requests;
}

void TestServer::accept_loop() {
    while (readable(m_listener, m_stop)) {
        const int connection = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) {
            m_connections.emplace_back([this, connection] { serve(connection); });
        }
    }
}

void TestServer::serve(int connection) {
    Reply answer{.raw = {}, .keep = true};
    while (answer.keep) {
        const auto request = read_request(connection, m_stop);
        if (!request) {
            break;
        }
        {
            const std::lock_guard lock(m_mutex);
            m_requests.push_back(*request);
            answer = m_handler(*request);
        }
        std::string_view left = answer.raw;
        if (answer.pace.count() > 0) {
            pollfd stop{m_stop, POLLIN, 0};
            while (left.size() > 64 && poll(&stop, 1, static_cast<int>(answer.pace.count())) == 0) {
                send_all(connection, left.substr(0, 64));
                left.remove_prefix(64);
            }
        }
        send_all(connection, left);
        std::string ignored;
        while (answer.hold && receive(connection, m_stop, ignored)) {
        }
    }
    close(connection);
}

} // namespace pymode::test

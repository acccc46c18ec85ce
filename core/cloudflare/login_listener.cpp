// SPDX-License-Identifier: MIT
#include "core/cloudflare/login_listener.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/packaging/index/url.hpp"

namespace pymode {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPath = "/oauth/callback";
constexpr std::size_t kMaxRequestBytes = 16 << 10;
// Browsers open connections in advance that never say anything.
constexpr std::size_t kMaxVisitors = 16;
constexpr auto kPatience = 10s;

void send_page(int fd, std::string_view status, std::string_view text) {
    const std::string page =
        fmt::format("<!doctype html><meta charset=\"utf-8\"><title>pymode</title>"
                    "<p style=\"font: 1.2em sans-serif; margin: 3em\">{}</p>\n",
                    replace_all(replace_all(printable(text), "&", "&amp;"), "<", "&lt;"));
    const std::string answer = fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Connection: close\r\n\r\n{}",
        status, page.size(), page);
    // Small enough for the socket's buffer; a browser that has gone misses its page.
    [[maybe_unused]] const ssize_t sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
}

using Parameters = std::map<std::string, std::string, std::less<>>;

Parameters parse_query(std::string_view query) {
    Parameters parameters;
    for (const std::string_view part : split(query, '&')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string_view value = part.substr(std::min(equals + 1, part.size()));
        parameters.emplace(percent_decode(part.substr(0, equals)),
                           percent_decode(replace_all(value, "+", " ")));
    }
    return parameters;
}

std::string get(const Parameters& parameters, std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
}

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Of a text that stands in a request to exchange it.
bool is_code(std::string_view code) {
    return !code.empty() && code.size() <= 4096 &&
           std::ranges::all_of(code, [](char c) { return c > ' ' && c < '\x7F'; });
}

} // namespace

Expected<LoginListener> LoginListener::open(int port) {
    LoginListener listener;
    listener.m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool good =
        listener.m_listener >= 0 &&
        ::setsockopt(listener.m_listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        ::bind(listener.m_listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::listen(listener.m_listener, SOMAXCONN) == 0 &&
        ::getsockname(listener.m_listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (!good) {
        Error error =
            fail_errno(ErrorCode::io, fmt::format("cannot listen at port {} of this machine", port),
                       errno)
                .error();
        error.hint = "choose another port with --callback-port";
        return std::unexpected(std::move(error));
    }
    listener.m_port = ntohs(address.sin_port);
    return listener;
}

LoginListener::LoginListener(LoginListener&& other) noexcept
    : m_listener(std::exchange(other.m_listener, -1)), m_port(other.m_port),
      m_visitors(std::exchange(other.m_visitors, {})),
      m_waiting(std::exchange(other.m_waiting, -1)), m_code(std::move(other.m_code)),
      m_refusal(std::move(other.m_refusal)) {}

LoginListener::~LoginListener() {
    for (const Visitor& visitor : m_visitors) {
        ::close(visitor.fd);
    }
    for (const int fd : {m_listener, m_waiting}) {
        if (fd >= 0) {
            ::close(fd);
        }
    }
}

std::string LoginListener::redirect_uri() const {
    return fmt::format("http://127.0.0.1:{}{}", m_port, kPath);
}

void LoginListener::accept_visitor() {
    const int fd = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return; // it went away again
    }
    if (m_visitors.size() >= kMaxVisitors) {
        ::close(m_visitors.front().fd);
        m_visitors.erase(m_visitors.begin());
    }
    m_visitors.push_back({fd, "", std::chrono::steady_clock::now() + kPatience});
}

void LoginListener::answer(Visitor& visitor, const std::string& state) {
    const std::string_view line =
        std::string_view(visitor.request).substr(0, visitor.request.find("\r\n"));
    const std::vector<std::string_view> words = split(line, ' ');
    const std::string_view target = words.size() == 3 ? words[1] : "";
    const std::size_t question = std::min(target.find('?'), target.size());
    if (target.substr(0, question) != kPath) {
        return send_page(visitor.fd, "404 Not Found", "There is nothing here.");
    }
    if (words[0] != "GET") {
        return send_page(visitor.fd, "405 Method Not Allowed", "Only GET is answered.");
    }
    const Parameters parameters = parse_query(target.substr(std::min(question + 1, target.size())));
    if (!same_secret(get(parameters, "state"), state)) {
        return send_page(visitor.fd, "400 Bad Request",
                         "This answer does not belong to the login that waits here.");
    }
    if (const std::string refusal = get(parameters, "error"); !refusal.empty()) {
        m_refusal = printable(refusal.substr(0, 200));
    } else if (std::string code = get(parameters, "code"); is_code(code)) {
        m_code = std::move(code);
    } else {
        return send_page(visitor.fd, "400 Bad Request", "This answer has no code.");
    }
    m_waiting = std::exchange(visitor.fd, -1);
}

bool LoginListener::serve(Visitor& visitor, const std::string& state) {
    char buffer[4096];
    const ssize_t got = ::recv(visitor.fd, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (got <= 0) {
        return true;
    }
    visitor.request.append(buffer, static_cast<std::size_t>(got));
    if (visitor.request.find("\r\n\r\n") != std::string::npos) {
        answer(visitor, state);
        return true;
    }
    return visitor.request.size() > kMaxRequestBytes;
}

Expected<std::string> LoginListener::wait_for_code(const std::string& state,
                                                   const CancelToken& cancel,
                                                   std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (m_code.empty() && m_refusal.empty()) {
        std::vector<pollfd> watched{{m_listener, POLLIN, 0}, {cancel.wait_fd(), POLLIN, 0}};
        for (const Visitor& visitor : m_visitors) {
            watched.push_back({visitor.fd, POLLIN, 0});
        }
        const auto now = std::chrono::steady_clock::now();
        if (now >= end) {
            return fail(ErrorCode::network,
                        fmt::format("nobody logged in within {}", human_duration(limit)),
                        "run `pymode login` again and follow the address it shows");
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
        ::poll(watched.data(), watched.size(), static_cast<int>(std::min(left, 1000ms).count()));
        if (cancel.cancelled()) {
            return fail(ErrorCode::cancelled, "interrupted");
        }
        for (std::size_t i = m_visitors.size(); i-- > 0;) {
            Visitor& visitor = m_visitors[i];
            const bool over = std::chrono::steady_clock::now() > visitor.deadline;
            if (over || (watched[i + 2].revents != 0 && serve(visitor, state))) {
                if (visitor.fd >= 0) {
                    ::close(visitor.fd);
                }
                m_visitors.erase(m_visitors.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        if ((watched[0].revents & POLLIN) != 0) {
            accept_visitor();
        }
    }
    if (!m_refusal.empty()) {
        return fail(ErrorCode::api, fmt::format("the login was refused: {}", m_refusal));
    }
    return m_code;
}

void LoginListener::finish(bool good, std::string_view text) {
    if (m_waiting >= 0) {
        send_page(m_waiting, good ? "200 OK" : "400 Bad Request", text);
        ::close(std::exchange(m_waiting, -1));
    }
}

} // namespace pymode

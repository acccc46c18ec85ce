// SPDX-License-Identifier: MIT
#include "core/devserver/port.hpp"

#include <cerrno>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

namespace pymode {
namespace {

// 0, or the errno of the refusal.
int try_bind(const addrinfo& address) {
    const int fd = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    // As servers do: connections of an earlier run that linger are no reason to refuse.
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int result = bind(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
    if (result == 0 && listen(fd, 1) != 0) {
        result = errno;
    }
    close(fd);
    return result;
}

} // namespace

Error port_in_use(int port) {
    return {
        ErrorCode::usage,
        fmt::format("port {} is in use", port),
        {},
        fmt::format("choose another one: pymode dev --port {}", port < 65'535 ? port + 1 : 8787),
        {}};
}

Expected<> check_port(const std::string& host, int port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list);
    if (failure != 0) {
        return fail(ErrorCode::usage, fmt::format("`{}` is no address of this machine: {}", host,
                                                  gai_strerror(failure)));
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(list, freeaddrinfo);
    const int refusal = try_bind(*list);
    if (refusal == EADDRINUSE) {
        return std::unexpected(port_in_use(port));
    }
    if (refusal == EACCES) {
        return fail(ErrorCode::usage, fmt::format("port {} needs more rights", port),
                    "choose one above 1023 with --port");
    }
    if (refusal != 0) {
        return fail_errno(ErrorCode::usage, fmt::format("cannot listen on {}:{}", host, port),
                          refusal);
    }
    return {};
}

} // namespace pymode

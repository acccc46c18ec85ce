// SPDX-License-Identifier: MIT
// The port of this machine where the browser brings the answer of a login (RFC 8252, 7.3).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.hpp"
#include "core/base/error.hpp"

namespace pymode {

class LoginListener {
  public:
    // On 127.0.0.1; port 0 is any that is free. ErrorCode::io when it is taken.
    [[nodiscard]] static Expected<LoginListener> open(int port);
    LoginListener(LoginListener&& other) noexcept;
    LoginListener& operator=(LoginListener&&) = delete;
    ~LoginListener();

    // "http://127.0.0.1:PORT/oauth/callback": the one path that is answered.
    [[nodiscard]] std::string redirect_uri() const;

    // Waits for an answer that belongs to `state` and gives its code; the browser is kept waiting
    // for `finish`. Requests for other paths are 404, answers with another state 400, and neither
    // ends the wait. ErrorCode::api when the user or Cloudflare refused, ErrorCode::network when
    // nothing came in time, ErrorCode::cancelled.
    [[nodiscard]] Expected<std::string> wait_for_code(const std::string& state,
                                                      const CancelToken& cancel,
                                                      std::chrono::milliseconds limit);

    // What the page in the browser says: the end of the login, good or bad.
    void finish(bool good, std::string_view text);

  private:
    struct Visitor {
        int fd = -1;
        std::string request;
        std::chrono::steady_clock::time_point deadline;
    };

    LoginListener() = default;
    void accept_visitor();
    // True when the visitor is done with, as `m_code`, `m_refusal` or nothing of interest.
    bool serve(Visitor& visitor, const std::string& state);
    void answer(Visitor& visitor, const std::string& state);

    int m_listener = -1;
    int m_port = 0;
    std::vector<Visitor> m_visitors;
    int m_waiting = -1; // the browser whose answer counted
    std::string m_code;
    std::string m_refusal;
};

} // namespace pymode

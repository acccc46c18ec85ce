// SPDX-License-Identifier: MIT
// What pymode tells about its own work with -v and -vv: requests, child processes, caches. For the
// person who searches a fault; what every user should read goes through Console.
//
// A Log is a cheap handle that is passed by value: in the options of whatever does the work
// (HttpOptions, ProcessOptions), from `Console::log()`. One made by default says nothing, so a
// test need not pass any. Messages begin with what they are about: "http: …", "process: …".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/core.h>

namespace pymode {

enum class LogLevel {
    info,  // -v: one line for each request, child process, download
    debug, // -vv: starts, cache hits and misses, decisions on the way
};

class Log {
  public:
    Log() = default;

    // `write` is called with one finished line, without its end, never by two threads at once. It
    // must not log itself. Without `write` no level is enabled, and secrets are masked all the
    // same.
    Log(LogLevel most, std::function<void(std::string_view line)> write);

    // Whether a message of that level is written: for messages that cost something to make.
    [[nodiscard]] bool enabled(LogLevel level) const;

    // From now on `secret` is written as "***", wherever it stands in a message. One of fewer than
    // six bytes is not: it would hide innocent text. URLs still go through url_for_messages, and
    // headers and variables are not logged at all; this is the second lock on the door.
    void hide(std::string_view secret) const;

    // The text with "***" for each hidden secret.
    [[nodiscard]] std::string masked(std::string_view text) const;

    template <class... T> void info(fmt::format_string<T...> text, T&&... values) const {
        if (enabled(LogLevel::info)) {
            write(LogLevel::info, fmt::vformat(text, fmt::make_format_args(values...)));
        }
    }
    template <class... T> void debug(fmt::format_string<T...> text, T&&... values) const {
        if (enabled(LogLevel::debug)) {
            write(LogLevel::debug, fmt::vformat(text, fmt::make_format_args(values...)));
        }
    }

  private:
    void write(LogLevel level, std::string_view message) const;

    struct State;
    std::shared_ptr<State> m_state; // shared by all copies; null: silent
};

} // namespace pymode

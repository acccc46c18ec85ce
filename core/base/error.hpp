// SPDX-License-Identifier: MIT
// The one error type of the project. An error is a value that travels up unprinted and is printed
// once, at the edge, by `Console::print_error`.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pymode {

enum class ErrorCode {
    usage,     // the command line is wrong
    config,    // a file that the user wrote is wrong (pyproject.toml, .dev.vars, Python source)
    io,        // the operating system refused something on a file
    not_found, // something asked for by name does not exist
    network,   // no connection, or it broke
    http,      // an answer that is no success, from a server that is no API of ours
    api,       // Cloudflare's API said no
    tool,      // a child process failed or is missing
    archive,   // an archive is malformed, hostile or over a limit
    cancelled, // the user pressed Ctrl-C
    internal,  // our own fault
};

// A place in a text file; lines and columns count from 1, 0 means unknown. Columns count bytes.
struct SourceLocation {
    std::string file;
    int line = 0;
    int column = 0;
    std::string line_text; // the line itself without its end, empty if unknown
};

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;            // one sentence, lower case, no full stop: "cannot read x.toml"
    std::vector<std::string> notes; // causes and context, outermost first
    std::string hint;               // what the user can do about it, may be empty; one a line
    std::optional<SourceLocation> where;

    // Chained while returning: `return std::unexpected(std::move(e).with_note("…"))`.
    Error with_note(std::string note) &&;
    Error with_hint(std::string text) &&;
    Error at(SourceLocation location) &&;
};

template <class T = void> using Expected = std::expected<T, Error>;

// `return fail(ErrorCode::io, "cannot read x");`
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, std::string message,
                                          std::string hint = "");

// Like `fail`, with the text of `error_number` (an errno value) as a note.
[[nodiscard]] std::unexpected<Error> fail_errno(ErrorCode code, std::string message,
                                                int error_number);

// Hands a failed Expected of any type on: `if (!x) return propagate(x);`
template <class E>
[[nodiscard]] std::unexpected<Error> propagate(E&& failed, std::string note = "") {
    Error error = std::forward<E>(failed).error();
    if (!note.empty()) {
        error.notes.insert(error.notes.begin(), std::move(note));
    }
    return std::unexpected(std::move(error));
}

// Stable name for `--json`: "not_found".
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

// The process's exit code: usage and config are 2, cancelled 130, everything else 1.
[[nodiscard]] int exit_code(ErrorCode code);

enum class Colour { no, yes };

// The whole text for a terminal, ending in a newline:
//     error: expected a value
//       --> pyproject.toml:3:8
//        |
//      3 | name =
//        |        ^
//       caused by: …
//       hint: …
[[nodiscard]] std::string format_error(const Error& error, Colour colour);

// One line of JSON: {"error":{"code":…,"message":…,"notes":[…],"hint":…,"where":{…}}}
[[nodiscard]] std::string error_to_json(const Error& error);

} // namespace pymode

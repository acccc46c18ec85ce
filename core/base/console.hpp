// SPDX-License-Identifier: MIT
// What the user sees. Results go to stdout, everything that is said about the work goes to stderr,
// and with --json stdout holds JSON only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/environment.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace pymode {

enum class ColourChoice { automatic, never, always };
enum class Verbosity {
    quiet,
    normal,
    verbose, // -v: details, and what Log calls info
    debug,   // -vv: all of Log
};
enum class OutputFormat { text, json };

struct ConsoleOptions {
    ColourChoice colour = ColourChoice::automatic;
    Verbosity verbosity = Verbosity::normal;
    OutputFormat format = OutputFormat::text;
    bool progress = true; // false: no status lines, not even on a terminal
};

enum class Style { plain, bold, dim, red, green, yellow, cyan };

// The command line's choice decides; then NO_COLOR, CLICOLOR_FORCE / FORCE_COLOR, TERM=dumb, and
// last whether the stream is a terminal.
[[nodiscard]] Colour decide_colour(ColourChoice choice, const Env& env, bool is_terminal);

// Where the text goes: descriptors in the program, strings in tests.
class ConsoleSink {
  public:
    virtual ~ConsoleSink() = default;
    virtual void write_out(std::string_view text) = 0;
    virtual void write_err(std::string_view text) = 0;
    [[nodiscard]] virtual bool out_is_terminal() const { return false; }
    [[nodiscard]] virtual bool err_is_terminal() const { return false; }
    // Of the terminal; asked for whenever a status is drawn.
    [[nodiscard]] virtual std::size_t err_columns() const { return 80; }
};

// Whether work in progress is shown: on a terminal that can erase lines, to a person. Not with
// CI, TERM=dumb, PYMODE_NO_PROGRESS, --no-progress, -q or --json.
[[nodiscard]] bool decide_progress(const ConsoleOptions& options, const Env& env, bool is_terminal);

// Writes to descriptors 1 and 2; a closed pipe is no error.
class StandardSink final : public ConsoleSink {
  public:
    void write_out(std::string_view text) override;
    void write_err(std::string_view text) override;
    [[nodiscard]] bool out_is_terminal() const override;
    [[nodiscard]] bool err_is_terminal() const override;
    [[nodiscard]] std::size_t err_columns() const override;
};

// Every function may be called by several threads; a line is never torn.
class Console {
  public:
    // `sink` must outlive the console.
    Console(ConsoleSink& sink, const Env& env, ConsoleOptions options);
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    // A result, to stdout, followed by a newline; not with --json.
    void print(std::string_view line);
    // A result that is no text: its bytes as they are, to stdout; not with --json.
    void print_bytes(std::string_view bytes);
    // The result with --json: one document, to stdout; nothing otherwise.
    void print_json(std::string_view document);

    // To stderr, followed by a newline:
    void info(std::string_view line);    // what happened; not with --quiet
    void success(std::string_view line); // the same with a green mark
    void detail(std::string_view line);  // with --verbose only
    void warn(std::string_view line);    // "warning: …"; always
    // A question to the person at the terminal, without a newline behind it; always.
    void ask(std::string_view question);
    // The one place where an error becomes text: format_error to stderr, or JSON to stdout.
    void print_error(const Error& error);

    // Passes text of others on (logs of a Worker), made safe for the terminal.
    void foreign_line(std::string_view prefix, std::string_view line);

    // Where diagnostics go: to stderr, dimmed, by verbosity. No copy may be used after the
    // console's end.
    [[nodiscard]] Log log() const { return m_log; }

    // The text in that style where stderr (`print`: stdout) has colour, else unchanged.
    [[nodiscard]] std::string styled(Style style, std::string_view text) const;
    [[nodiscard]] std::string styled_out(Style style, std::string_view text) const;

    [[nodiscard]] bool is_json() const { return m_options.format == OutputFormat::json; }
    [[nodiscard]] Verbosity verbosity() const { return m_options.verbosity; }

  private:
    friend class Progress;
    void write_err_line(std::string_view line);
    // With m_mutex held:
    void clear_status();
    void show_status(std::string_view text);

    std::mutex m_mutex; // of what follows, and of the order of output
    ConsoleSink& m_sink;
    ConsoleOptions m_options;
    Colour m_out_colour;
    Colour m_err_colour;
    bool m_status_allowed;          // decide_progress
    std::size_t m_status_lines = 0; // on the terminal now
    std::string m_status;           // may have several lines
    Log m_log;
};

// A status on a terminal for work that takes longer than a second; silent elsewhere. It is drawn at
// most ten times a second, is not wider than the terminal, and goes away with the object. `update`
// may be called as often as one likes.
class Progress {
  public:
    Progress(Console& console, const Clock& clock, std::string label);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void update(std::uint64_t done, std::uint64_t total); // total 0: unknown
    void update(std::string_view what);
    // With a line below for each part; as many as fit (max_parts).
    void update(std::string_view what, std::span<const std::string> parts);

    static constexpr std::size_t max_parts = 8;

  private:
    void draw();

    Console& m_console;
    const Clock& m_clock;
    std::string m_label;
    std::string m_text;
    std::chrono::steady_clock::time_point m_start;
    std::optional<std::chrono::steady_clock::time_point> m_drawn;
};

} // namespace pymode

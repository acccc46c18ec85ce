// SPDX-License-Identifier: MIT
#include "core/base/console.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

using namespace std::chrono_literals;

constexpr auto progress_from = 1s;
constexpr auto progress_every = 100ms;
constexpr std::string_view erase_line = "\r\x1b[K";
constexpr std::string_view line_up = "\x1b[1A";

std::string_view style_sequence(Style style) {
    switch (style) {
    case Style::plain:
        return "0";
    case Style::bold:
        return "1";
    case Style::dim:
        return "2";
    case Style::red:
        return "31";
    case Style::green:
        return "32";
    case Style::yellow:
        return "33";
    case Style::cyan:
        return "36";
    }
    return "0";
}

std::string paint(Colour colour, Style style, std::string_view text) {
    if (colour == Colour::no || style == Style::plain) {
        return std::string(text);
    }
    return fmt::format("\x1b[{}m{}\x1b[0m", style_sequence(style), text);
}

void write_descriptor(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return; // nobody reads any more, and there is no other place to say so
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

// Back to the start of a status of so many lines, all of them erased.
std::string erase_sequence(std::size_t lines) {
    std::string sequence(erase_line);
    for (std::size_t i = 1; i < lines; ++i) {
        sequence += line_up;
        sequence += erase_line;
    }
    return sequence;
}

// At most so many characters: a line that wraps could not be erased.
std::string_view first_columns(std::string_view line, std::size_t columns) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool is_continuation = (static_cast<unsigned char>(line[i]) & 0xC0U) == 0x80U;
        if (!is_continuation && characters++ == columns) {
            return line.substr(0, i);
        }
    }
    return line;
}

// An error may quote what others said, who may have quoted a secret.
Error masked(Error error, const Log& log) {
    error.message = log.masked(error.message);
    error.hint = log.masked(error.hint);
    for (std::string& note : error.notes) {
        note = log.masked(note);
    }
    if (error.where) {
        error.where->line_text = log.masked(error.where->line_text);
    }
    return error;
}

} // namespace

bool decide_progress(const ConsoleOptions& options, const Env& env, bool is_terminal) {
    return is_terminal && options.progress && options.verbosity != Verbosity::quiet &&
           options.format == OutputFormat::text && env.get("TERM").value_or("") != "dumb" &&
           !env.get_nonempty("CI") && !env.get_nonempty("PYMODE_NO_PROGRESS");
}

Colour decide_colour(ColourChoice choice, const Env& env, bool is_terminal) {
    if (choice != ColourChoice::automatic) {
        return choice == ColourChoice::always ? Colour::yes : Colour::no;
    }
    if (env.get_nonempty("NO_COLOR")) {
        return Colour::no;
    }
    for (const std::string_view name : {"CLICOLOR_FORCE", "FORCE_COLOR"}) {
        const auto value = env.get_nonempty(name);
        if (value && *value != "0") {
            return Colour::yes;
        }
    }
    const bool dumb = env.get("TERM").value_or("") == "dumb";
    return is_terminal && !dumb ? Colour::yes : Colour::no;
}

void StandardSink::write_out(std::string_view text) {
    write_descriptor(STDOUT_FILENO, text);
}
void StandardSink::write_err(std::string_view text) {
    write_descriptor(STDERR_FILENO, text);
}
bool StandardSink::out_is_terminal() const {
    return isatty(STDOUT_FILENO) == 1;
}
bool StandardSink::err_is_terminal() const {
    return isatty(STDERR_FILENO) == 1;
}
std::size_t StandardSink::err_columns() const {
    winsize size{};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : ConsoleSink::err_columns();
}

Console::Console(ConsoleSink& sink, const Env& env, ConsoleOptions options)
    : m_sink(sink), m_options(options),
      m_out_colour(decide_colour(options.colour, env, sink.out_is_terminal())),
      m_err_colour(decide_colour(options.colour, env, sink.err_is_terminal())),
      m_status_allowed(decide_progress(options, env, sink.err_is_terminal())) {
    std::function<void(std::string_view)> write;
    if (options.verbosity >= Verbosity::verbose) {
        write = [this](std::string_view line) { write_err_line(styled(Style::dim, line)); };
    }
    m_log = Log(options.verbosity == Verbosity::debug ? LogLevel::debug : LogLevel::info,
                std::move(write));
}

void Console::print(std::string_view line) {
    if (is_json()) {
        return;
    }
    const std::lock_guard lock(m_mutex);
    clear_status(); // both streams usually are the same terminal
    m_sink.write_out(fmt::format("{}\n", line));
}

void Console::print_bytes(std::string_view bytes) {
    if (is_json()) {
        return;
    }
    const std::lock_guard lock(m_mutex);
    clear_status();
    m_sink.write_out(bytes);
}

void Console::ask(std::string_view question) {
    const std::lock_guard lock(m_mutex);
    clear_status();
    m_sink.write_err(question);
}

void Console::print_json(std::string_view document) {
    if (is_json()) {
        const std::lock_guard lock(m_mutex);
        clear_status();
        m_sink.write_out(fmt::format("{}\n", document));
    }
}

void Console::info(std::string_view line) {
    if (m_options.verbosity != Verbosity::quiet) {
        write_err_line(line);
    }
}

void Console::success(std::string_view line) {
    if (m_options.verbosity != Verbosity::quiet) {
        write_err_line(fmt::format("{} {}", styled(Style::green, "✓"), line));
    }
}

void Console::detail(std::string_view line) {
    if (m_options.verbosity >= Verbosity::verbose) {
        write_err_line(styled(Style::dim, line));
    }
}

void Console::warn(std::string_view line) {
    write_err_line(fmt::format("{} {}", styled(Style::yellow, "warning:"), m_log.masked(line)));
}

void Console::print_error(const Error& unmasked) {
    const Error error = masked(unmasked, m_log);
    const std::lock_guard lock(m_mutex);
    clear_status();
    if (is_json()) {
        m_sink.write_out(error_to_json(error) + "\n");
    } else {
        m_sink.write_err(format_error(error, m_err_colour));
    }
}

void Console::foreign_line(std::string_view prefix, std::string_view line) {
    write_err_line(fmt::format("{}{}", prefix, printable(line)));
}

std::string Console::styled(Style style, std::string_view text) const {
    return paint(m_err_colour, style, text);
}

std::string Console::styled_out(Style style, std::string_view text) const {
    return paint(m_out_colour, style, text);
}

void Console::write_err_line(std::string_view line) {
    const std::lock_guard lock(m_mutex);
    const std::string status = m_status_lines > 0 ? m_status : "";
    clear_status();
    m_sink.write_err(fmt::format("{}\n", line));
    if (!status.empty()) {
        show_status(status); // stays below what is printed
    }
}

void Console::clear_status() {
    if (m_status_lines > 0) {
        m_sink.write_err(erase_sequence(m_status_lines));
        m_status_lines = 0;
    }
}

void Console::show_status(std::string_view text) {
    if (!m_status_allowed) {
        return;
    }
    std::string shown = erase_sequence(m_status_lines);
    const std::size_t width = m_sink.err_columns();
    m_status = text;
    m_status_lines = 0;
    for (const std::string_view line : split(text, '\n')) {
        shown += m_status_lines > 0 ? "\n" : "";
        shown += first_columns(line, width > 1 ? width - 1 : 1);
        ++m_status_lines;
    }
    m_sink.write_err(shown); // in one piece: nothing flickers
}

Progress::Progress(Console& console, const Clock& clock, std::string label)
    : m_console(console), m_clock(clock), m_label(std::move(label)), m_start(clock.now()) {}

Progress::~Progress() {
    if (m_drawn) {
        const std::lock_guard lock(m_console.m_mutex);
        m_console.clear_status();
    }
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
    m_text = total == 0 ? human_size(done)
                        : fmt::format("{} of {} ({} %)", human_size(done), human_size(total),
                                      static_cast<int>(100.0 * static_cast<double>(done) /
                                                       static_cast<double>(total)));
    draw();
}

void Progress::update(std::string_view what) {
    m_text = printable(what);
    draw();
}

void Progress::update(std::string_view what, std::span<const std::string> parts) {
    m_text = printable(what);
    for (const std::string& part : parts.first(std::min(parts.size(), max_parts))) {
        m_text += fmt::format("\n{}", printable(part));
    }
    draw();
}

void Progress::draw() {
    const auto now = m_clock.now();
    if (!m_console.m_status_allowed || now - m_start < progress_from ||
        (m_drawn && now - *m_drawn < progress_every)) {
        return;
    }
    m_drawn = now;
    const std::lock_guard lock(m_console.m_mutex);
    m_console.show_status(fmt::format("{} {}", m_label, m_text));
}

} // namespace pymode

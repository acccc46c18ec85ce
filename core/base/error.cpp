// SPDX-License-Identifier: MIT
#include "core/base/error.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"

namespace pymode {

namespace {

struct CodeRow {
    ErrorCode code;
    std::string_view name;
    int exit_code;
};

constexpr CodeRow code_table[] = {
    {ErrorCode::usage, "usage", 2},
    {ErrorCode::config, "config", 2},
    {ErrorCode::io, "io", 1},
    {ErrorCode::not_found, "not_found", 1},
    {ErrorCode::network, "network", 1},
    {ErrorCode::http, "http", 1},
    {ErrorCode::api, "api", 1},
    {ErrorCode::tool, "tool", 1},
    {ErrorCode::archive, "archive", 1},
    {ErrorCode::cancelled, "cancelled", 130},
    {ErrorCode::internal, "internal", 1},
};

const CodeRow& row_of(ErrorCode code) {
    const auto* row = std::ranges::find(code_table, code, &CodeRow::code);
    return row == std::end(code_table) ? std::end(code_table)[-1] : *row;
}

struct Paint {
    Colour colour;
    std::string operator()(std::string_view sequence, std::string_view text) const {
        return colour == Colour::no ? std::string(text)
                                    : fmt::format("\x1b[{}m{}\x1b[0m", sequence, text);
    }
};

// White space that puts the caret under the column: tabs stay tabs, and the bytes that continue a
// UTF-8 character take no room.
std::string caret_indent(std::string_view line, int column) {
    std::string indent;
    const auto end = std::min(line.size(), static_cast<std::size_t>(column - 1));
    for (const char c : line.substr(0, end)) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
            indent += c == '\t' ? '\t' : ' ';
        }
    }
    return indent;
}

std::string format_location(const SourceLocation& where, const Paint& paint) {
    std::string place = printable(where.file);
    if (where.line > 0) {
        place += fmt::format(":{}", where.line);
        if (where.column > 0) {
            place += fmt::format(":{}", where.column);
        }
    }
    std::string text = fmt::format("  {} {}\n", paint("36", "-->"), place);
    if (where.line > 0 && !where.line_text.empty()) {
        const std::string number = fmt::format("{}", where.line);
        const std::string gutter(number.size(), ' ');
        const std::string bar = paint("36", "|");
        text += fmt::format(" {} {}\n", gutter, bar);
        text += fmt::format(" {} {} {}\n", paint("36", number), bar, printable(where.line_text));
        if (where.column > 0) {
            text += fmt::format(" {} {} {}{}\n", gutter, bar,
                                caret_indent(where.line_text, where.column), paint("1;31", "^"));
        }
    }
    return text;
}

} // namespace

Error Error::with_note(std::string note) && {
    notes.push_back(std::move(note));
    return std::move(*this);
}

Error Error::with_hint(std::string text) && {
    hint = std::move(text);
    return std::move(*this);
}

Error Error::at(SourceLocation location) && {
    where = std::move(location);
    return std::move(*this);
}

std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint) {
    return std::unexpected(Error{code, std::move(message), {}, std::move(hint), std::nullopt});
}

std::unexpected<Error> fail_errno(ErrorCode code, std::string message, int error_number) {
    return std::unexpected(Error{code,
                                 std::move(message),
                                 {std::generic_category().message(error_number)},
                                 "",
                                 std::nullopt});
}

std::string_view error_code_name(ErrorCode code) {
    return row_of(code).name;
}

int exit_code(ErrorCode code) {
    return row_of(code).exit_code;
}

std::string format_error(const Error& error, Colour colour) {
    const Paint paint{colour};
    std::string text =
        fmt::format("{} {}\n", paint("1;31", "error:"), paint("1", printable(error.message)));
    if (error.where) {
        text += format_location(*error.where, paint);
    }
    for (const std::string& note : error.notes) {
        text += fmt::format("  {} {}\n", paint("2", "caused by:"), printable(note));
    }
    if (!error.hint.empty()) {
        for (const std::string_view line : split_lines(error.hint)) {
            text += fmt::format("  {} {}\n", paint("32", "hint:"), printable(line));
        }
    }
    return text;
}

std::string error_to_json(const Error& error) {
    nlohmann::ordered_json body{{"code", error_code_name(error.code)},
                                {"message", error.message},
                                {"notes", error.notes},
                                {"hint", error.hint}};
    if (error.where) {
        body["where"] = {{"file", error.where->file},
                         {"line", error.where->line},
                         {"column", error.where->column},
                         {"text", error.where->line_text}};
    }
    // Paths and text of others need not be UTF-8: the replacement character stands for the rest.
    return nlohmann::ordered_json{{"error", body}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace pymode

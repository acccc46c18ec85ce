// SPDX-License-Identifier: MIT
#include "core/cloudflare/tail_event.hpp"

#include <chrono>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/cloudflare/api.hpp"
#include "core/cloudflare/json_member.hpp"

namespace pymode {
namespace {

using Json = nlohmann::json;

// Milliseconds since 1970 as "12:03:04Z"; empty for anything else.
std::string time_of_day(const Json& value) {
    if (!value.is_number()) {
        return "";
    }
    const double milliseconds = value.get<double>();
    if (!(milliseconds >= 0 && milliseconds < 1e14)) {
        return "";
    }
    const auto seconds = static_cast<long long>(milliseconds / 1000) % 86'400;
    return fmt::format("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// The value of a log as it would be printed: text as it is, everything else as JSON.
std::string plain(const Json& value) {
    return printable(value.is_string()
                         ? value.get<std::string>()
                         : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What the Worker was asked to do.
std::string describe_trigger(const Json& trigger) {
    if (const Json& request = member_of(trigger, "request"); request.is_object()) {
        const Json& status = member_of(member_of(trigger, "response"), "status");
        return fmt::format("{} {}{}", text_of(request, "method"), text_of(request, "url"),
                           status.is_number_integer() ? fmt::format(" {}", status.get<int>()) : "");
    }
    if (std::string cron = text_of(trigger, "cron"); !cron.empty()) {
        return fmt::format("cron \"{}\"", cron);
    }
    if (std::string queue = text_of(trigger, "queue"); !queue.empty()) {
        const Json& size = member_of(trigger, "batchSize");
        return fmt::format("queue {}{}", queue,
                           size.is_number_unsigned()
                               ? fmt::format(" ({} messages)", size.get<std::uint64_t>())
                               : "");
    }
    if (std::string method = text_of(trigger, "rpcMethod"); !method.empty()) {
        return fmt::format("rpc {}()", method);
    }
    if (std::string from = text_of(trigger, "mailFrom"); !from.empty()) {
        return fmt::format("email from {} to {}", from, text_of(trigger, "rcptTo"));
    }
    if (member_of(trigger, "consumedEvents").is_array()) {
        return "tail";
    }
    // An alarm has nothing but its time.
    return member_of(trigger, "scheduledTime").is_null() ? "event" : "alarm";
}

Style style_of_outcome(std::string_view outcome) {
    return outcome == "ok" ? Style::green : outcome == "canceled" ? Style::yellow : Style::red;
}

Style style_of_level(std::string_view level) {
    return level == "error" ? Style::red : level == "warn" ? Style::yellow : Style::plain;
}

// Every line on one of its own, so that a colour never goes over a line's end.
std::string indented(std::string_view text, std::string_view indent, Style style,
                     const Paint& paint) {
    std::string result;
    for (const std::string_view line : split_lines(text)) {
        result += fmt::format("\n{}{}", indent, paint(style, line));
    }
    return result;
}

std::string format_log(const Json& log, const Paint& paint) {
    std::string line;
    const Json& message = member_of(log, "message");
    if (message.is_array()) {
        for (const Json& part : message) {
            line += (line.empty() ? "" : " ") + plain(part);
        }
    } else if (!message.is_null()) {
        line = plain(message);
    }
    const std::string level = text_of(log, "level");
    const bool usual = level.empty() || level == "log" || level == "info";
    return indented(usual ? line : fmt::format("{}: {}", level, line), "  ", style_of_level(level),
                    paint);
}

std::string format_exception(const Json& exception, const Paint& paint) {
    const std::string name = text_of(exception, "name");
    const std::string message = text_of(exception, "message");
    std::string stack = text_of(exception, "stack");
    const std::string title =
        name.empty() || message.empty() ? name + message : fmt::format("{}: {}", name, message);
    // Engines begin the stack with the title.
    if (stack.starts_with(title)) {
        stack.erase(0, title.size());
    }
    return indented(title, "  ", Style::red, paint) +
           indented(trim(stack), "      ", Style::plain, paint);
}

} // namespace

std::string format_tail_event(const Json& event, const Paint& paint) {
    const std::string outcome = text_of(event, "outcome");
    const std::string time = time_of_day(member_of(event, "eventTimestamp"));
    std::string text = time.empty() ? "" : paint(Style::dim, time) + " ";
    text += describe_trigger(member_of(event, "event"));
    if (const std::string entrypoint = text_of(event, "entrypoint");
        !entrypoint.empty() && entrypoint != "default") {
        text += fmt::format(" at {}", entrypoint);
    }
    text += " " + paint(style_of_outcome(outcome), outcome.empty() ? "?" : outcome);
    if (const Json& logs = member_of(event, "logs"); logs.is_array()) {
        for (const Json& log : logs) {
            text += format_log(log, paint);
        }
    }
    if (const Json& exceptions = member_of(event, "exceptions"); exceptions.is_array()) {
        for (const Json& exception : exceptions) {
            text += format_exception(exception, paint);
        }
    }
    return text;
}

} // namespace pymode

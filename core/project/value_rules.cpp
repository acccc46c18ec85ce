// SPDX-License-Identifier: MIT
#include "core/project/value_rules.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/project/cron.hpp"
#include "core/project/names.hpp"

namespace pymode::rules {
namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool of_length(std::string_view text, std::size_t least, std::size_t most) {
    return text.size() >= least && text.size() <= most;
}

bool is_name(std::string_view text) {
    return of_length(text, 1, 256) && std::ranges::none_of(text, is_control);
}

bool is_text(std::string_view text) {
    return text.size() <= 4096 && std::ranges::none_of(text, is_control);
}

bool is_binding_name(std::string_view text) {
    return is_identifier(text) && text.size() <= 256;
}

bool is_bucket_name(std::string_view text) {
    return of_length(text, 3, 63) && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_class_name(std::string_view text) {
    return of_length(text, 1, 256) && !is_digit(text.front()) &&
           std::ranges::all_of(text, [](char c) { return is_word(c) || c == '$'; });
}

bool is_email_address(std::string_view text) {
    const std::size_t at = text.find('@');
    return of_length(text, 3, 320) && at != 0 && at < text.size() - 1 && at == text.rfind('@') &&
           std::ranges::none_of(text, [](char c) { return is_control(c) || c == ' '; });
}

bool is_number_text(std::string_view text) {
    return of_length(text, 1, 20) && std::ranges::all_of(text, is_digit);
}

bool is_queue_name(std::string_view text) {
    return of_length(text, 1, 63) &&
           std::ranges::all_of(text, [](char c) { return is_word(c) || c == '-'; });
}

bool is_relative_path(std::string_view text) {
    if (!is_name(text) || text.front() == '/') {
        return false;
    }
    const auto parts = split(text, '/');
    return std::ranges::find(parts, "..") == parts.end();
}

bool is_route_pattern(std::string_view text) {
    return of_length(text, 1, 1024) && text.front() != '/' &&
           std::ranges::none_of(text, [](char c) { return is_control(c) || c == ' '; });
}

bool is_run_worker_rule(std::string_view text) {
    return text.size() <= 100 && (text.starts_with('/') || text.starts_with("!/")) &&
           std::ranges::none_of(text, is_control);
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) {
            return false;
        }
    }
    return true;
}

bool is_worker_reference(std::string_view text) {
    return of_length(text, 1, 255) &&
           std::ranges::all_of(text, [](char c) { return is_word(c) || c == '-'; });
}

bool is_workflow_name(std::string_view text) {
    return of_length(text, 1, 64) && is_word(text.front()) &&
           std::ranges::all_of(text, [](char c) { return is_word(c) || c == '-'; });
}

} // namespace

const TextRule a_name{is_name, "usable name", "use 1 to 256 bytes without control characters",
                      "^.{1,256}$"};
const TextRule a_text{is_text, "usable text", "use at most 4096 bytes without control characters",
                      "^.{0,4096}$"};
const TextRule account_id{is_hex_id, "account id",
                          "an account id has 32 hex digits; the Cloudflare dashboard shows it in "
                          "its address: dash.cloudflare.com/<account id>",
                          "^[0-9a-fA-F]{32}$"};
const TextRule binding_name{is_binding_name, "name for something in env",
                            "use letters, digits and _, not beginning with a digit",
                            "^[A-Za-z_][A-Za-z0-9_]*$"};
const TextRule bucket_name{is_bucket_name, "name of an R2 bucket",
                           "use 3 to 63 of a-z, 0-9 and -, with no - at the ends",
                           "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"};
const TextRule class_name{is_class_name, "name of a class",
                          "use letters, digits, _ and $, not beginning with a digit",
                          "^[A-Za-z_$][A-Za-z0-9_$]*$"};
const TextRule cron{is_cron, "cron expression",
                    "it has five fields: minute, hour, day of the month, month, day of the week, "
                    "for example \"*/5 * * * *\"",
                    "^\\s*\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s*$"};
const TextRule date{is_date, "date", "write it as YYYY-MM-DD", "^\\d{4}-\\d{2}-\\d{2}$"};
const TextRule email_address{is_email_address, "e-mail address", "for example me@example.com",
                             "^[^@\\s]+@[^@\\s]+$"};
const TextRule hex_id{is_hex_id, "hex id", "an id has 32 hex digits", "^[0-9a-fA-F]{32}$"};
const TextRule number_text{is_number_text, "number in quotes", "for example \"1001\"",
                           "^[0-9]{1,20}$"};
const TextRule queue_name{is_queue_name, "name of a queue",
                          "use 1 to 63 of letters, digits, - and _", "^[A-Za-z0-9_-]{1,63}$"};
const TextRule relative_path{is_relative_path, "path within the project",
                             "give it relative to the folder of the configuration file, "
                             "without ..",
                             "^[^/].*$"};
const TextRule route_pattern{is_route_pattern, "pattern of a route",
                             "it has a host and a path, for example \"example.com/api/*\"",
                             "^[^/\\s][^\\s]*$"};
const TextRule run_worker_rule{is_run_worker_rule, "rule for run_worker_first",
                               "it begins with / or !/ and has at most 100 characters",
                               "^!?/.{0,99}$"};
const TextRule uuid{is_uuid, "UUID",
                    "it is a UUID: 11111111-2222-3333-4444-555555555555, 32 hex digits with dashes",
                    "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"};
const TextRule worker_reference{is_worker_reference, "name of a Worker",
                                "use letters, digits, - and _", "^[A-Za-z0-9_-]{1,255}$"};
const TextRule workflow_name{is_workflow_name, "name of a workflow",
                             "use 1 to 64 of letters, digits, - and _, not beginning with -",
                             "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$"};

} // namespace pymode::rules

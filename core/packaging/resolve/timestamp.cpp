// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/timestamp.hpp"

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::resolving {

namespace {

// Takes exactly `digits` digits.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    for (const char c : text.substr(0, digits)) {
        if (!pep::is_digit(c)) {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, "-")) {
        return std::nullopt;
    }
    const auto month = take_number(text, 2);
    if (!month || !take(text, "-")) {
        return std::nullopt;
    }
    const auto day = take_number(text, 2);
    if (!day || *year < 1970 || *year > 2200) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
    std::chrono::nanoseconds value{0};
    std::chrono::nanoseconds unit{100'000'000};
    bool any = false;
    while (!text.empty() && pep::is_digit(text.front())) {
        value += unit * (text.front() - '0');
        unit /= 10; // digits behind the ninth count nothing
        text.remove_prefix(1);
        any = true;
    }
    return any ? std::optional(value) : std::nullopt;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, "Zz")) {
        return std::chrono::minutes{0};
    }
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, "+-")) {
        return std::nullopt;
    }
    const auto hours = take_number(text, 2);
    if (!hours || !take(text, ":")) {
        return std::nullopt;
    }
    const auto minutes = take_number(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

} // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
    text = trim(text);
    const auto date = take_date(text);
    if (!date) {
        return std::nullopt;
    }
    if (text.empty()) {
        return Timestamp(*date) + std::chrono::days{1} - std::chrono::nanoseconds{1};
    }
    if (!take(text, "Tt ")) {
        return std::nullopt;
    }
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ":")) {
        return std::nullopt;
    }
    const auto minute = take_number(text, 2);
    if (!minute || !take(text, ":")) {
        return std::nullopt;
    }
    const auto second = take_number(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    std::chrono::nanoseconds fraction{0};
    if (take(text, ".")) {
        const auto taken = take_fraction(text);
        if (!taken) {
            return std::nullopt;
        }
        fraction = *taken;
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) {
        return std::nullopt;
    }
    return Timestamp(*date) + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + fraction - *offset;
}

} // namespace pymode::resolving

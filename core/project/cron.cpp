// SPDX-License-Identifier: MIT
#include "core/project/cron.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/text.hpp"

namespace pymode {
namespace {

constexpr std::size_t kMaxBytes = 256;

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct CronField {
    std::uint64_t least;
    std::uint64_t most;
    std::span<const std::string_view> names;
    std::string_view letters; // which of L, W and # it knows
};

// Days of the week count from 1 = Sunday; 0 is accepted by many and harmless here.
constexpr std::array<CronField, 5> kFields = {{{0, 59, {}, ""},
                                               {0, 23, {}, ""},
                                               {1, 31, {}, "LW"},
                                               {1, 12, kMonths, ""},
                                               {0, 7, kDays, "L#"}}};

bool is_value(std::string_view text, const CronField& field) {
    if (const auto number = parse_unsigned(text)) {
        return *number >= field.least && *number <= field.most;
    }
    const std::string lower = to_lower_ascii(text);
    return std::ranges::find(field.names, lower) != field.names.end();
}

// "5", "MON-FRI", "L", "15W", "FRI#2".
bool is_range(std::string_view text, const CronField& field) {
    if (field.letters.find('W') != std::string_view::npos && text.ends_with('W')) {
        text.remove_suffix(1);
        if (text == "L") {
            return true;
        }
    } else if (!field.letters.empty() && text.ends_with('L')) {
        text.remove_suffix(1);
        if (text.empty()) {
            return true;
        }
    } else if (const std::size_t hash = text.find('#');
               hash != std::string_view::npos &&
               field.letters.find('#') != std::string_view::npos) {
        const auto nth = parse_unsigned(text.substr(hash + 1));
        return nth && *nth >= 1 && *nth <= 5 && is_value(text.substr(0, hash), field);
    }
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return is_value(text, field);
    }
    return is_value(text.substr(0, dash), field) && is_value(text.substr(dash + 1), field);
}

bool is_field(std::string_view text, const CronField& field) {
    return std::ranges::all_of(split(text, ','), [&](std::string_view part) {
        if (const std::size_t slash = part.find('/'); slash != std::string_view::npos) {
            const auto step = parse_unsigned(part.substr(slash + 1));
            if (!step || *step == 0 || *step > field.most) {
                return false;
            }
            part = part.substr(0, slash);
        }
        return part == "*" || is_range(part, field);
    });
}

} // namespace

bool is_cron(std::string_view text) {
    if (text.size() > kMaxBytes) {
        return false;
    }
    std::vector<std::string_view> parts;
    for (const std::string_view part : split(text, ' ')) {
        if (!part.empty()) {
            parts.push_back(part);
        }
    }
    if (parts.size() != kFields.size()) {
        return false;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!is_field(parts[i], kFields[i])) {
            return false;
        }
    }
    return true;
}

} // namespace pymode

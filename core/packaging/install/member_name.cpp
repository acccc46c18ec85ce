// SPDX-License-Identifier: MIT
#include "core/packaging/install/member_name.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/base/archive.hpp"
#include "core/base/text.hpp"

namespace pymode {

namespace {

std::string shown(std::string_view name) {
    return fmt::format("\"{}\"", printable(name.substr(0, 200)));
}

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorCode::archive, std::move(message));
}

struct Range {
    char32_t first;
    char32_t last;
};

// Control, format, private-use and non-characters (Unicode 16, general category C, but unassigned
// ones).
constexpr std::array<Range, 24> unseen = {{
    {0x80, 0x9F},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},
    {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},
    {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F}, {0xF0000, 0x10FFFF},
}};

// The next character of valid UTF-8.
char32_t take_character(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        value = (value << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(length);
    return value;
}

bool holds_unseen(std::string_view text) {
    while (!text.empty()) {
        const char32_t c = take_character(text);
        if (std::ranges::any_of(unseen, [&](Range r) { return c >= r.first && c <= r.last; })) {
            return true;
        }
    }
    return false;
}

// The composed letters U+00C0 to U+017F as letter and mark; '.' has neither.
constexpr char32_t first_composed = 0xC0;
constexpr std::string_view letters =
    "AAAAAA.CEEEEIIII.NOOOOO..UUUUY..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
    "AaAaAaCcCcCcCcDd..EeEeEeEeEeGgGgGgGgHh..IiIiIiIiI...JjKk.LlLlLl."
    "...NnNnNn...OoOoOo..RrRrRrSsSsSsSsTtTt..UuUuUuUuUuUuWwYyYZzZzZz.";
constexpr std::string_view marks =
    "abcdhi.labchabch.dabcdh..abchb..abcdhi.labchabch.dabcdh..abchb.h"
    "eeffmmbbccggkkkk..eeffggmmkkccffggllcc..ddeeffmmg...ccll.bbllkk."
    "...bbllkk...eeffjj..bbllkkbbccllkkllkk..ddeeffiijjmmcccchbbggkk.";
constexpr std::array<char32_t, 13> combining = {0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307,
                                                0x308, 0x30A, 0x30B, 0x30C, 0x327, 0x328};

// "outside" where the name leads out of the folder that it is unpacked to, on whatever system.
bool leads_outside(std::string_view path) {
    const std::string slashes = replace_all(path, "\\", "/");
    const bool drive = slashes.size() >= 2 && slashes[1] == ':';
    int depth = 0;
    for (const std::string_view part : split(slashes, '/')) {
        depth += part == ".." ? -1 : (part.empty() || part == ".") ? 0 : 1;
        if (depth < 0) {
            return true;
        }
    }
    return drive || slashes.starts_with('/');
}

std::string_view without_slash(std::string_view name) {
    return name.ends_with('/') ? name.substr(0, name.size() - 1) : name;
}

} // namespace

Expected<> check_wheel_path(std::string_view path) {
    if (is_valid_utf8(path) && leads_outside(path)) {
        return refused(fmt::format("the name {} leads outside of the folder that the wheel is "
                                   "unpacked to",
                                   shown(path)));
    }
    if (auto checked = check_archive_path(path); !checked) {
        return checked;
    }
    if (path.contains(':')) {
        return refused(fmt::format("the name {} holds a colon", shown(path)));
    }
    if (holds_unseen(path)) {
        return refused(
            fmt::format("the name {} holds a character that cannot be seen", shown(path)));
    }
    const auto parts = split(without_slash(path), '/');
    if (std::ranges::any_of(parts, [](std::string_view part) { return part.size() > 255; })) {
        return refused(fmt::format("a part of the name {} is longer than 255 bytes", shown(path)));
    }
    return {};
}

Expected<> check_wheel_member(const ZipMember& member) {
    if (auto checked = check_wheel_path(member.name); !checked) {
        return checked;
    }
    const bool ascii = std::ranges::all_of(
        member.name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!ascii && !member.utf8) {
        return refused(
            fmt::format("the name {} is not ASCII and not marked as UTF-8", shown(member.name)));
    }
    const bool folder = member.name.ends_with('/');
    if (folder && (member.size != 0 || member.packed > 2)) { // deflate makes two bytes of nothing
        return refused(fmt::format("the folder {} has content", shown(member.name)));
    }
    const std::uint32_t kind = member.mode & S_IFMT;
    if (kind == S_IFLNK) {
        return refused(fmt::format("{} is a symbolic link", shown(member.name)));
    }
    if (kind != 0 && kind != (folder ? S_IFDIR : S_IFREG)) {
        return refused(fmt::format("{} is neither a file nor a folder", shown(member.name)));
    }
    return {};
}

Expected<> check_name_set(std::span<const ZipMember> members, std::vector<std::string>& warnings) {
    std::map<std::string_view, const ZipMember*> by_name;
    std::map<std::string, std::string_view> folded;
    for (const ZipMember& member : members) {
        const std::string_view name = without_slash(member.name);
        const auto [place, added] = by_name.emplace(name, &member);
        if (!added) {
            return refused(fmt::format("it has duplicate members named {}", shown(name)));
        }
        const auto [other, alone] = folded.emplace(fold_name(name), name);
        if (!alone) {
            warnings.push_back(fmt::format("{} and {} are one file on some disks",
                                           shown(other->second), shown(name)));
        }
    }
    for (const auto& [name, member] : by_name) {
        for (auto slash = name.find('/'); slash != std::string_view::npos;
             slash = name.find('/', slash + 1)) {
            const auto parent = by_name.find(name.substr(0, slash));
            if (parent != by_name.end() && !parent->second->name.ends_with('/')) {
                return refused(fmt::format("{} is a file and a folder", shown(parent->first)));
            }
        }
    }
    return {};
}

std::string fold_name(std::string_view name) {
    std::string folded;
    for (std::string_view rest = name; !rest.empty();) {
        const std::string_view before = rest;
        char32_t c = take_character(rest);
        const std::string_view bytes = before.substr(0, before.size() - rest.size());
        if (c >= first_composed && c < first_composed + letters.size() &&
            letters[c - first_composed] != '.') {
            folded += letters[c - first_composed];
            c = combining[static_cast<std::size_t>(marks[c - first_composed] - 'a')];
            // All of these marks have two bytes.
            folded += static_cast<char>(0xC0U | (c >> 6U));
            folded += static_cast<char>(0x80U | (c & 0x3FU));
        } else {
            folded += bytes;
        }
    }
    return to_lower_ascii(folded);
}

} // namespace pymode

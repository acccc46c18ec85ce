// SPDX-License-Identifier: MIT
#include "core/pep/tag.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/pep/ascii.hpp"

namespace pymode::pep {

namespace {

// A compressed tag multiplies: enough for every real wheel, and no bomb.
constexpr std::size_t max_tags = 4096;

// The one table of what our runtimes load. Our own tag names our ABI and its version, so that a
// wheel never loads where it was not built for.
struct RuntimeRow {
    int minor;
    std::string_view native;
    std::string_view emscripten[2];
};

constexpr RuntimeRow runtimes[] = {
    {13, "pymode_1_wasm32", {"pyemscripten_2025_0_wasm32", "pyodide_2025_0_wasm32"}},
};

// The stable ABI begins with 3.2.
constexpr int first_abi3_minor = 2;

bool is_word_character(char c) {
    return is_alphanumeric(c) || c == '_';
}

bool is_tag_part(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_word_character);
}

// An interpreter is called by letters ("cp313"), so that a part of a version is never taken for
// one.
bool is_interpreter(std::string_view text) {
    return is_tag_part(text) && !is_digit(text.front());
}

void append(std::vector<Tag>& tags, std::vector<Tag> more) {
    std::ranges::move(more, std::back_inserter(tags));
}

// py313, py3, py312, …, py30: any Python of these versions.
std::vector<std::string> generic_interpreters(int minor) {
    std::vector<std::string> names = {fmt::format("py3{}", minor), "py3"};
    for (int older = minor - 1; older >= 0; --older) {
        names.push_back(fmt::format("py3{}", older));
    }
    return names;
}

} // namespace

std::string Tag::to_string() const {
    return fmt::format("{}-{}-{}", interpreter, abi, platform);
}

Expected<std::vector<Tag>> parse_tags(std::string_view text) {
    const auto invalid = [&] {
        return fail(ErrorCode::config, fmt::format("\"{}\" is not a compatibility tag", text));
    };
    const auto parts = split(text, '-');
    if (parts.size() != 3) {
        return invalid();
    }
    const auto interpreters = split(parts[0], '.');
    const auto abis = split(parts[1], '.');
    const auto platforms = split(parts[2], '.');
    if (!std::ranges::all_of(interpreters, is_interpreter) ||
        !std::ranges::all_of(abis, is_tag_part) || !std::ranges::all_of(platforms, is_tag_part) ||
        interpreters.size() > max_tags || abis.size() > max_tags || platforms.size() > max_tags ||
        interpreters.size() * abis.size() * platforms.size() > max_tags) {
        return invalid();
    }
    std::vector<Tag> tags;
    for (const std::string_view interpreter : interpreters) {
        for (const std::string_view abi : abis) {
            for (const std::string_view platform : platforms) {
                tags.push_back(
                    {to_lower_ascii(interpreter), to_lower_ascii(abi), to_lower_ascii(platform)});
            }
        }
    }
    std::ranges::sort(tags);
    tags.erase(std::ranges::unique(tags).begin(), tags.end());
    return tags;
}

TagTable::TagTable(std::vector<Tag> best_first) : m_tags(std::move(best_first)) {
    for (std::size_t i = 0; i < m_tags.size(); ++i) {
        m_ranks.emplace(m_tags[i].to_string(), i); // the first, best place of a tag stays
    }
}

std::optional<std::size_t> TagTable::rank(const Tag& tag) const {
    const auto found = m_ranks.find(tag.to_string());
    return found == m_ranks.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> TagTable::rank(std::span<const Tag> tags) const {
    std::optional<std::size_t> best;
    for (const Tag& tag : tags) {
        const auto found = rank(tag);
        if (found && (!best || *found < *best)) {
            best = found;
        }
    }
    return best;
}

std::vector<Tag> cpython_tags(int minor, std::string_view platform) {
    const std::string own = fmt::format("cp3{}", minor);
    const std::string place(platform);
    std::vector<Tag> tags = {{own, own, place}, {own, "abi3", place}, {own, "none", place}};
    for (int older = minor - 1; older >= first_abi3_minor; --older) {
        tags.push_back({fmt::format("cp3{}", older), "abi3", place});
    }
    for (std::string& name : generic_interpreters(minor)) {
        tags.push_back({std::move(name), "none", place});
    }
    return tags;
}

std::vector<Tag> pure_tags(int minor) {
    std::vector<Tag> tags = {{fmt::format("cp3{}", minor), "none", "any"}};
    for (std::string& name : generic_interpreters(minor)) {
        tags.push_back({std::move(name), "none", "any"});
    }
    return tags;
}

WheelFit TargetTags::fit(std::span<const Tag> tags) const {
    if (usable.rank(tags)) {
        return WheelFit::usable;
    }
    return not_yet.rank(tags) ? WheelFit::not_yet : WheelFit::foreign;
}

std::optional<TargetTags> target_tags(int minor, EmscriptenWheels emscripten) {
    const auto* row = std::ranges::find(runtimes, minor, &RuntimeRow::minor);
    if (row == std::end(runtimes)) {
        return std::nullopt;
    }
    std::vector<Tag> usable = cpython_tags(minor, row->native);
    std::vector<Tag> not_yet;
    for (const std::string_view platform : row->emscripten) {
        append(emscripten == EmscriptenWheels::accepted ? usable : not_yet,
               cpython_tags(minor, platform));
    }
    append(usable, pure_tags(minor));
    return TargetTags{TagTable(std::move(usable)), TagTable(std::move(not_yet))};
}

PlatformFamily platform_family(std::string_view platform) {
    struct Row {
        std::string_view prefix;
        PlatformFamily family;
    };
    static constexpr Row rows[] = {
        {"pymode_", PlatformFamily::pymode},
        {"wasi_", PlatformFamily::wasi},
        {"pyemscripten_", PlatformFamily::emscripten},
        {"pyodide_", PlatformFamily::emscripten},
        {"emscripten_", PlatformFamily::emscripten},
        {"linux_", PlatformFamily::linux},
        {"manylinux", PlatformFamily::linux},
        {"musllinux", PlatformFamily::linux},
        {"macosx_", PlatformFamily::macos},
        {"win32", PlatformFamily::windows},
        {"win_", PlatformFamily::windows},
    };
    if (platform == "any") {
        return PlatformFamily::any;
    }
    for (const Row& row : rows) {
        if (platform.starts_with(row.prefix)) {
            return row.family;
        }
    }
    return PlatformFamily::other;
}

std::string_view family_name(PlatformFamily family) {
    switch (family) {
    case PlatformFamily::any:
        return "any platform";
    case PlatformFamily::pymode:
        return "pymode";
    case PlatformFamily::wasi:
        return "WASI";
    case PlatformFamily::emscripten:
        return "Emscripten (Pyodide)";
    case PlatformFamily::linux:
        return "Linux";
    case PlatformFamily::macos:
        return "macOS";
    case PlatformFamily::windows:
        return "Windows";
    case PlatformFamily::other:
        break;
    }
    return "other platforms";
}

} // namespace pymode::pep

// SPDX-License-Identifier: MIT
#include "core/packaging/install/entry_points.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace pymode {

namespace {

constexpr std::string_view file = "entry_points.txt";

// Names of an interpreter: a script of such a name would take its place.
bool is_reserved(std::string_view name) {
    static constexpr std::array<std::string_view, 4> stems = {"python", "pythonw", "pypy",
                                                              "graalpy"};
    const std::string_view stem = name.substr(0, name.find_last_not_of("0123456789.") + 1);
    return std::ranges::find(stems, stem) != stems.end();
}

bool leaves_folder(std::string_view name) {
    return name == "." || name == ".." || name.find_first_of("/\\") != std::string_view::npos;
}

// "module:object [extra]": both sides must be there.
bool names_callable(std::string_view value) {
    value = trim(value.substr(0, value.find('[')));
    const std::size_t colon = value.find(':');
    return colon != std::string_view::npos && colon > 0 && colon + 1 < value.size();
}

void check_script(std::string_view name, std::string_view value,
                  std::vector<std::string>& warnings) {
    if (leaves_folder(name)) {
        warnings.push_back(
            fmt::format("{}: the script name \"{}\" is a path", file, printable(name)));
    } else if (is_reserved(name)) {
        warnings.push_back(fmt::format("{}: the script \"{}\" has the name of an interpreter", file,
                                       printable(name)));
    }
    if (!names_callable(value)) {
        warnings.push_back(fmt::format("{}: the script \"{}\" names no function (\"{}\")", file,
                                       printable(name), printable(value)));
    }
}

} // namespace

std::vector<std::string> entry_point_warnings(std::string_view text) {
    std::vector<std::string> warnings;
    if (!is_valid_utf8(text)) {
        warnings.push_back(fmt::format("{} is not UTF-8", file));
        return warnings;
    }
    std::string group;
    std::set<std::string> names;
    for (const std::string_view raw : split_lines(text)) {
        const std::string_view line = trim(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';') {
            continue;
        }
        if (line.front() == '[' && line.back() == ']') {
            group = trim(line.substr(1, line.size() - 2));
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos || group.empty()) {
            warnings.push_back(
                fmt::format("{}: \"{}\" is not understood", file, printable(line.substr(0, 200))));
            continue;
        }
        const std::string_view name = trim(line.substr(0, equals));
        const std::string_view value = trim(line.substr(equals + 1));
        if (!names.insert(fmt::format("{}\n{}", group, name)).second) {
            warnings.push_back(
                fmt::format("{}: [{}] has \"{}\" twice", file, printable(group), printable(name)));
        }
        if (group == "console_scripts" || group == "gui_scripts") {
            check_script(name, value, warnings);
        }
    }
    return warnings;
}

} // namespace pymode

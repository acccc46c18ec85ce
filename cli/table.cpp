// SPDX-License-Identifier: MIT
#include "cli/table.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace pymode {
namespace {

// UTF-8's continuation bytes take no column.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shown(const std::string& cell) {
    return replace_all(replace_all(printable(cell), "\n", "\\n"), "\t", "\\t");
}

std::string line_of(const TableRow& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        const bool last = i + 1 == row.size();
        line.append(last ? 0 : widths[i] - columns(row[i]) + 2, ' ');
    }
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

} // namespace

void print_table(Console& console, const TableRow& heading, const std::vector<TableRow>& rows) {
    if (rows.empty()) {
        return;
    }
    std::vector<TableRow> cells = {heading};
    cells.insert(cells.end(), rows.begin(), rows.end());
    std::vector<std::size_t> widths(heading.size(), 0);
    for (TableRow& row : cells) {
        row.resize(heading.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = shown(row[i]);
            widths[i] = std::max(widths[i], columns(row[i]));
        }
    }
    console.print(console.styled_out(Style::bold, line_of(cells.front(), widths)));
    for (std::size_t i = 1; i < cells.size(); ++i) {
        console.print(line_of(cells[i], widths));
    }
}

std::string shown_time(const std::string& rfc3339) {
    constexpr std::size_t kDate = 10;
    constexpr std::size_t kSeconds = 19;
    if (rfc3339.size() <= kSeconds || rfc3339[kDate] != 'T') {
        return rfc3339;
    }
    return rfc3339.substr(0, kDate) + " " + rfc3339.substr(kDate + 1, kSeconds - kDate - 1);
}

} // namespace pymode

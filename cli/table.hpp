// SPDX-License-Identifier: MIT
// Results in columns.
#pragma once

#include <string>
#include <vector>

#include "core/base/console.hpp"

namespace pymode {

using TableRow = std::vector<std::string>;

// To standard output, each column as wide as its widest cell; the heading is bold. Cells are shown
// with `printable`, on one line. Nothing is printed for no rows.
void print_table(Console& console, const TableRow& heading, const std::vector<TableRow>& rows);

// "2026-11-26T13:50:06.123Z" as people read it: "2026-11-26 13:50:06". Other text stays.
std::string shown_time(const std::string& rfc3339);

} // namespace pymode

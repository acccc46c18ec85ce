// SPDX-License-Identifier: MIT
#pragma once

// The dotted name of the entry module, or NULL before the host has set it.
const char* pm_entry_module(void);

// Looks up what serves a request, while the snapshot is made: -1 with an exception.
int pm_find_handler(void);

// SPDX-License-Identifier: MIT
#pragma once

// The dotted name of the entry module, or NULL before the host has set it.
const char* pm_entry_module(void);

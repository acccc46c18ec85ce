// SPDX-License-Identifier: MIT
#pragma once

// Gives the built-in types that recurse in C without a limit one. -1 with an exception.
int pm_guard_recursion(void);

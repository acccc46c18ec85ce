// SPDX-License-Identifier: MIT
// Included before Modules/_elementtree.c, and only there: the copy of an element copies those in
// it.
#pragma once

#include "counted_call.h"

#define deepcopy PM_MENTION(pm_copy_, __COUNTER__)

#define pm_copy_0 pm_copy
#define pm_copy_1(...) PM_COUNTED(NULL, pm_copy(__VA_ARGS__), " while copying an element")
#define pm_copy_2 pm_copy_1
#define pm_copy_3 pm_copy_1
#define pm_copy_4 pm_copy_1
#define pm_copy_5 pm_copy_1
#define pm_copy_6 pm_copy

// SPDX-License-Identifier: MIT
// The pieces of linear memory that are the C stacks of green threads.
#pragma once

#include "threads.h"

// Sets region, region_size, stack_top and recursion_budget; false when memory is short.
bool pm_region_take(struct pm_thread* thread, size_t size);
void pm_region_give_back(struct pm_thread* thread);
// Stops with a trap when the stack ran over its end: the memory below it has been written to.
void pm_region_check(const struct pm_thread* thread);

// Where the stack of a thread should end: below is a reserve for C functions that do not look. NULL
// for the first thread.
char* pm_region_limit(const struct pm_thread* thread);

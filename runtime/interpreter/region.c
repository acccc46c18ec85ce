// SPDX-License-Identifier: MIT

#include "region.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    // Measured: CPython needs at most 558 bytes for one unit of its C recursion limit. Twice that leaves room for what calls
    // without counting.
    BYTES_PER_RECURSION = 1050,
    // Deeper than this V8's own stack ends first.
    MOST_RECURSION = 1000,
    STACK_ALIGNMENT = 16,
    POOL_CAPACITY = 8,
};

static const uint32_t CANARY = 0x70794d6f;

// Regions of the usual sizes are kept: a request would otherwise cut up the heap.
struct pool {
    const size_t size;
    const int capacity;
    int count;
    char *regions[POOL_CAPACITY];
};

static struct pool pools[] = {
    {.size = PM_REQUEST_REGION, .capacity = 4},
    {.size = PM_THREAD_REGION, .capacity = POOL_CAPACITY},
};

static struct pool *pool_of(size_t size) {
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        if (pools[i].size == size) {
            return &pools[i];
        }
    }
    return NULL;
}

bool pm_region_take(struct pm_thread *thread, size_t size) {
    size = (size + STACK_ALIGNMENT - 1) & ~(size_t)(STACK_ALIGNMENT - 1);
    struct pool *pool = pool_of(size);
    char *region = pool && pool->count ? pool->regions[--pool->count] : aligned_alloc(STACK_ALIGNMENT, size);
    if (!region) {
        return false;
    }
    *(uint32_t *)region = CANARY;
    thread->region = region;
    thread->region_size = size;
    thread->stack_top = region + size;
    size_t budget = size / BYTES_PER_RECURSION;
    thread->recursion_budget = budget < MOST_RECURSION ? (int)budget : MOST_RECURSION;
    return true;
}

void pm_region_give_back(struct pm_thread *thread) {
    char *region = thread->region;
    thread->region = NULL;
    struct pool *pool = pool_of(thread->region_size);
    if (region && pool && pool->count < pool->capacity) {
        pool->regions[pool->count++] = region;
    } else {
        free(region);
    }
}

void pm_region_check(const struct pm_thread *thread) {
    if (thread->region && *(const uint32_t *)thread->region != CANARY) {
        static const char text[] = "pymode: the C stack of a thread ran over its end";
        pm_host_log(4, text, sizeof text - 1);
        __builtin_trap();
    }
}

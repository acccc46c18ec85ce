// SPDX-License-Identifier: MIT

#include "region.h"

#include <stdint.h>
#include <stdlib.h>

#include "python.h"

#include "pycore_ceval.h"

enum {
    // Measured: CPython needs at most 558 bytes for one unit of its C recursion limit. Twice that
    // leaves room for what calls
    // without counting.
    BYTES_PER_RECURSION = 1050,
    // Deeper than this V8's own stack ends first.
    MOST_RECURSION = 1000,
    STACK_ALIGNMENT = 16,
    // Measured in the code generator: comprehensions 2,600 bytes a level, nested `if` 2,141, calls
    // 1,811.
    BYTES_PER_SOURCE_LEVEL = 3000,
    COMPILER_RESERVE = 24 * 1024,
    SOURCE_LEVELS_AT_START = 340,
    RESERVE_PART = 3,
    // The frames of Cython's functions are larger on V8's own stack, which ends first when more of
    // a region than this is in use.
    MOST_STACK = 320 * 1024,
    CANARY_WORDS = 32,
    LARGEST_POOL = 24,
};

static const uint32_t CANARY = 0x70794d6f;

// Regions of the usual sizes are kept, as many as a Worker with ten requests at once needs. Small
// objects would otherwise take the places that they leave in the heap, and memory would grow with
// every burst of requests.
struct pool {
    const size_t size;
    const int capacity;
    int count;
    char* regions[LARGEST_POOL];
};

static struct pool pools[] = {
    {.size = PM_REQUEST_REGION, .capacity = 12},
    {.size = PM_THREAD_REGION, .capacity = LARGEST_POOL},
};

static struct pool* pool_of(size_t size) {
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++) {
        if (pools[i].size == size) {
            return &pools[i];
        }
    }
    return NULL;
}

bool pm_region_take(struct pm_thread* thread, size_t size) {
    struct pool* pool = pool_of(size);
    char* region = pool && pool->count ? pool->regions[--pool->count] : malloc(size);
    if (!region) {
        return false;
    }
    for (int i = 0; i < CANARY_WORDS; i++) {
        ((uint32_t*)region)[i] = CANARY;
    }
    thread->region = region;
    thread->region_size = size;
    thread->stack_top = (char*)((uintptr_t)(region + size) & ~(uintptr_t)(STACK_ALIGNMENT - 1));
    size_t budget = size / BYTES_PER_RECURSION;
    thread->recursion_budget = budget < MOST_RECURSION ? (int)budget : MOST_RECURSION;
    return true;
}

void pm_region_give_back(struct pm_thread* thread) {
    char* region = thread->region;
    thread->region = NULL;
    struct pool* pool = pool_of(thread->region_size);
    if (region && pool && pool->count < pool->capacity) {
        pool->regions[pool->count++] = region;
    } else {
        free(region);
    }
}

void pm_region_check(const struct pm_thread* thread) {
    const uint32_t* words = (const uint32_t*)thread->region;
    for (int i = 0; words && i < CANARY_WORDS; i++) {
        if (words[i] != CANARY) {
            static const char text[] = "pymode: the C stack of a thread ran over its end";
            pm_host_log(4, text, sizeof text - 1);
            __builtin_trap();
        }
    }
}

char* pm_region_limit(const struct pm_thread* thread) {
    if (!thread->region) {
        return NULL;
    }
    size_t reserve = thread->region_size / RESERVE_PART;
    size_t most = thread->region_size - reserve;
    return thread->stack_top - (most < MOST_STACK ? most : MOST_STACK);
}

// For tick.h. The wording and the result are those of CPython's own check.
int pm_stack_is_exhausted(const char* where);
int pm_stack_is_exhausted(const char* where) {
    PyErr_Format(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
    return -1;
}

int pm_upstream_check_recursion(PyThreadState* state, const char* where);
int pm_upstream_check_python_recursion(PyThreadState* state);
int pm_check_python_recursion(PyThreadState* state);

// As many calls beyond the limit as upstream allows while a RecursionError is being made.
enum { HEADROOM = 50 };

int _Py_CheckRecursiveCall(PyThreadState* state, const char* where) {
    if (state->recursion_headroom && state->c_recursion_remaining < -HEADROOM) {
        ++state->c_recursion_remaining;
        PyErr_NoMemory();
        return -1;
    }
    return pm_upstream_check_recursion(state, where);
}

int pm_check_python_recursion(PyThreadState* state) {
    if (state->recursion_headroom && state->py_recursion_remaining < -HEADROOM) {
        PyErr_NoMemory();
        return -1;
    }
    return pm_upstream_check_python_recursion(state);
}

// For compiler_depth.h.
int pm_compiler_excess(int remaining);
int pm_compiler_excess(int remaining) {
    int levels = SOURCE_LEVELS_AT_START;
    if (pm_current->region) {
        ptrdiff_t left = (char*)__builtin_frame_address(0) - pm_current->region - COMPILER_RESERVE;
        levels = left > 0 ? (int)(left / BYTES_PER_SOURCE_LEVEL) : 0;
    }
    return remaining > levels ? remaining - levels : 0;
}

// SPDX-License-Identifier: MIT
// Included before Python/ceval.c, and only there: every look at the eval breaker (backward jumps, calls) counts as a tick,
// and now and then a thread that computes gives up its turn. There is no clock in it: the platform's stands still between I/O.
#pragma once

// As ceval.c itself does; it changes what the headers below count.
#define _PY_INTERPRETER

#include "Python.h"

#include "pycore_ceval.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"

extern int pm_ticks_left;
void pm_tick(void);

static inline uintptr_t pm_load_eval_breaker(const uintptr_t *breaker) {
    if (__builtin_expect(--pm_ticks_left <= 0, 0)) {
        pm_tick();
    }
    return *(const volatile uintptr_t *)breaker;
}

#define _Py_atomic_load_uintptr_relaxed(breaker) pm_load_eval_breaker(breaker)

// SPDX-License-Identifier: MIT
// Included before Python/ceval.c, and only there. Its source is not changed, but two things that it
// uses are:
// - Every look at the eval breaker (backward jumps, calls) counts as a tick, and now and then a
// thread that computes gives
//   up its turn. There is no clock in it: the platform's stands still between I/O.
// - Entering the evaluation from C also looks at what is left of the thread's stack. Counting alone
// trusts that no C
//   function, nor one of an extension module, needs more stack than others.
#pragma once

// As ceval.c itself does; it changes what the headers below count.
#define _PY_INTERPRETER

#include "counted_call.h"

#include "pycore_ceval.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"

extern int pm_ticks_left;
void pm_tick(void);

static inline uintptr_t pm_load_eval_breaker(const uintptr_t* breaker) {
    if (__builtin_expect(--pm_ticks_left <= 0, 0)) {
        pm_tick();
    }
    return *(const volatile uintptr_t*)breaker;
}

#define _Py_atomic_load_uintptr_relaxed(breaker) pm_load_eval_breaker(breaker)

extern char* pm_stack_limit;
int pm_stack_is_exhausted(const char* where);

static inline int pm_enter_recursive_call(PyThreadState* tstate, const char* where) {
    if (__builtin_expect((char*)__builtin_frame_address(0) < pm_stack_limit, 0)) {
        return pm_stack_is_exhausted(where);
    }
    return _Py_EnterRecursiveCallTstate(tstate, where);
}

#define _Py_EnterRecursiveCallTstate(tstate, where) pm_enter_recursive_call(tstate, where)

// Recursion that goes on while a RecursionError is being made (a finalizer does that) ends the
// process natively. Here it must not take the other threads with it: see region.c, whose checks
// come before upstream's.
#define _Py_CheckRecursiveCall pm_upstream_check_recursion
#define _Py_CheckRecursiveCallPy PM_MENTION(pm_python_recursion_, __COUNTER__)
#define pm_python_recursion_0 pm_check_python_recursion
#define pm_python_recursion_1 pm_upstream_check_python_recursion

int pm_check_python_recursion(PyThreadState* tstate);

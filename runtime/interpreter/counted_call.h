// SPDX-License-Identifier: MIT
// How headers that are included before CPython's files make a call count as recursion.
#pragma once

#include "Python.h"

#ifdef Py_BUILD_CORE
#include "pycore_call.h"
#include "pycore_object.h"
#endif

// The result of the call, or `failure` with a RecursionError.
#define PM_COUNTED(failure, call, what)                                                            \
    ({                                                                                             \
        __typeof__(call) pm_result = failure;                                                      \
        if (!Py_EnterRecursiveCall(what)) {                                                        \
            pm_result = call;                                                                      \
            Py_LeaveRecursiveCall();                                                               \
        }                                                                                          \
        pm_result;                                                                                 \
    })

// A static function that calls itself is mentioned in its file by declarations, its definition and
// calls. Each mention gets a number in the order of the file, over all functions that are counted
// there, so that the header can say which of them are calls.
#define PM_JOIN(name, number) name##number
#define PM_MENTION(name, number) PM_JOIN(name, number)

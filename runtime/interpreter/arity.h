// SPDX-License-Identifier: MIT
// Included before the files of CPython that call the C functions of method and attribute tables,
// and only there. Extension modules register functions that take fewer parameters than they are
// called with (a METH_NOARGS function without the second one). Elsewhere that works by chance;
// WebAssembly traps on it. So functions of side modules are called with as many arguments as they
// take; the host says how many (arity.c).
#pragma once

#include "Python.h"

#include "pycore_emscripten_trampoline.h"
#include "pycore_object.h"

#undef _PyCFunction_TrampolineCall
#undef _PyCFunctionWithKeywords_TrampolineCall
#undef descr_set_trampoline_call
#undef descr_get_trampoline_call

// Functions from this table slot on belong to side modules; no slot while there is none.
extern uintptr_t pm_first_side_slot;

// Calls it with its own number of arguments: the first ones of a, b, c. `passed` are meant.
void* pm_call_side(void* function, void* a, void* b, void* c, unsigned passed);

static inline int pm_is_side(const void* function) {
    return __builtin_expect((uintptr_t)function >= pm_first_side_slot, 0);
}

static inline PyObject* pm_call_function(PyCFunction function, PyObject* self, PyObject* args) {
    if (pm_is_side((void*)function)) {
        return pm_call_side((void*)function, self, args, NULL, 2);
    }
    return function(self, args);
}

static inline PyObject* pm_call_keywords(PyCFunctionWithKeywords function, PyObject* self,
                                         PyObject* args, PyObject* keywords) {
    if (pm_is_side((void*)function)) {
        return pm_call_side((void*)function, self, args, keywords, 3);
    }
    return function(self, args, keywords);
}

static inline int pm_call_setter(setter function, PyObject* self, PyObject* value, void* closure) {
    if (pm_is_side((void*)function)) {
        return (int)(intptr_t)pm_call_side((void*)function, self, value, closure, 3);
    }
    return function(self, value, closure);
}

static inline PyObject* pm_call_getter(getter function, PyObject* self, void* closure) {
    if (pm_is_side((void*)function)) {
        return pm_call_side((void*)function, self, closure, NULL, 2);
    }
    return function(self, closure);
}

#define _PyCFunction_TrampolineCall(function, self, args) pm_call_function(function, self, args)
#define _PyCFunctionWithKeywords_TrampolineCall(function, self, args, keywords)                    \
    pm_call_keywords(function, self, args, keywords)
#define descr_set_trampoline_call(function, self, value, closure)                                  \
    pm_call_setter(function, self, value, closure)
#define descr_get_trampoline_call(function, self, closure) pm_call_getter(function, self, closure)

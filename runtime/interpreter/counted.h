// SPDX-License-Identifier: MIT
// Included before files of CPython, and only there, whose functions ask the same of a value inside
// of theirs (the hash of a slice in a slice, the call of a bound method of a bound method) without
// counting how deep that goes. Upstream relies on a stack of megabytes there. Here each such step
// counts as one of C's recursion.
#pragma once

#include "counted_call.h"

#define PyObject_Hash(object) PM_COUNTED(-1, PyObject_Hash(object), " while hashing")
#define PyObject_Size(object) PM_COUNTED(-1, PyObject_Size(object), " while measuring")
#define PySequence_Contains(object, item)                                                          \
    PM_COUNTED(-1, PySequence_Contains(object, item), " while searching")
#define PyObject_GetItem(object, key)                                                              \
    PM_COUNTED(NULL, PyObject_GetItem(object, key), " while getting an item")
#define PyObject_GetIter(object) PM_COUNTED(NULL, PyObject_GetIter(object), " while iterating")
#define PyIter_Next(iterator) PM_COUNTED(NULL, PyIter_Next(iterator), " while iterating")
#define PyNumber_Or(left, right) PM_COUNTED(NULL, PyNumber_Or(left, right), " while joining")
#define PyObject_GetAttr(object, name)                                                             \
    PM_COUNTED(NULL, PyObject_GetAttr(object, name), " while getting an attribute")
#define PyObject_GetOptionalAttr(object, name, result)                                             \
    PM_COUNTED(-1, PyObject_GetOptionalAttr(object, name, result), " while getting an attribute")
#define _PyObject_IsAbstract(object)                                                               \
    PM_COUNTED(-1, _PyObject_IsAbstract(object), " while inspecting")

#define PM_CALLING " while calling a Python object"
#define _PyObject_VectorcallTstate(...)                                                            \
    PM_COUNTED(NULL, _PyObject_VectorcallTstate(__VA_ARGS__), PM_CALLING)

static inline PyObject* pm_counted_vectorcall(PyObject* callable, PyObject* const* arguments,
                                              size_t count, PyObject* keywords) {
    vectorcallfunc call = PyVectorcall_Function(callable);
    return PM_COUNTED(NULL, call(callable, arguments, count, keywords), PM_CALLING);
}

#define PyVectorcall_Function(callable)                                                            \
    (PyVectorcall_Function(callable) ? pm_counted_vectorcall : NULL)

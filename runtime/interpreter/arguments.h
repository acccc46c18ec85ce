// SPDX-License-Identifier: MIT
#pragma once

#include "python.h"

// A Python int that fits C's; -1 with an exception.
static inline int pm_as_int(PyObject* value, int* result) {
    *result = PyLong_AsInt(value);
    return *result == -1 && PyErr_Occurred() ? -1 : 0;
}

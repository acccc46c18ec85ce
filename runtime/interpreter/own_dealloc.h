// SPDX-License-Identifier: MIT
// Included before Objects/object.c, and only there: its _Py_Dealloc becomes the second half of ours
// (dealloc.c).
#pragma once

#include "Python.h"

#include "pycore_object.h"

void pm_cpython_dealloc(PyObject* object);

#define _Py_Dealloc pm_cpython_dealloc

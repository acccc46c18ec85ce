// SPDX-License-Identifier: MIT
#pragma once

#include "python.h"

// The code object in a compiled module that needs no comparison with its source, or None when there
// is no such file. NULL with an exception when the file is damaged.
PyObject* pm_load_code(PyObject* module, PyObject* path);

// SPDX-License-Identifier: MIT
// CPython with the parts of its inner interface that the threads need. The build defines
// Py_BUILD_CORE.
#pragma once

#include <Python.h>

#include "pycore_ceval.h"
#include "pycore_import.h"
#include "pycore_modsupport.h"
#include "pycore_pystate.h"
#include "pycore_runtime.h"

// Of Python/import.c: the name of the extension module that is being loaded; thread-local in a
// build with real threads.
extern _Py_thread_local const char* pkgcontext;

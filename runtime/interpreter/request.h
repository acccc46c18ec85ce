// SPDX-License-Identifier: MIT
#pragma once

#include "python.h"

// Functions of the module _pymode; see runtime/python/_pymode.pyi.
PyObject* pm_request_head(PyObject* module, PyObject* request);
PyObject* pm_response_send(PyObject* module, PyObject* const* args, Py_ssize_t count);
PyObject* pm_response_start(PyObject* module, PyObject* const* args, Py_ssize_t count);
PyObject* pm_response_end(PyObject* module, PyObject* request);
PyObject* pm_response_abort(PyObject* module, PyObject* const* args, Py_ssize_t count);

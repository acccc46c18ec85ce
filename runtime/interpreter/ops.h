// SPDX-License-Identifier: MIT
#pragma once

#include "python.h"

// Functions of the module _pymode; see runtime/python/_pymode.pyi.
PyObject* pm_wait_for(PyObject* module, PyObject* value);
PyObject* pm_op_start(PyObject* module, PyObject* value);
PyObject* pm_op_sleep(PyObject* module, PyObject* seconds);
PyObject* pm_op_body(PyObject* module, PyObject* request);
PyObject* pm_op_write(PyObject* module, PyObject* const* args, Py_ssize_t count);
PyObject* pm_op_cancel(PyObject* module, PyObject* op);
PyObject* pm_op_result(PyObject* module, PyObject* op);
PyObject* pm_ops_wait(PyObject* module, PyObject* timeout);
PyObject* pm_kick(PyObject* module, PyObject* tid);
PyObject* pm_get_thread_id(PyObject* module, PyObject* ignored);

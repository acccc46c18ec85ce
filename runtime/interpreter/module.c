// SPDX-License-Identifier: MIT
// The module _pymode: the host as Python sees it (runtime/python/_pymode.pyi).

#include "module.h"

#include "arguments.h"
#include "code.h"
#include "host.h"
#include "ops.h"
#include "request.h"
#include "serve.h"
#include "values.h"

enum { WASM_PAGE = 65536 };

static PyObject* globals(PyObject* module, PyObject* ignored) {
    return pm_js_object_new(PM_GLOBAL_THIS);
}

static PyObject* new_js(int handle) {
    return handle ? pm_js_object_new(handle) : pm_raise_js_error();
}
static PyObject* new_object(PyObject* module, PyObject* ignored) {
    return new_js(pm_host_new_object());
}
static PyObject* new_array(PyObject* module, PyObject* ignored) {
    return new_js(pm_host_new_array());
}

static PyObject* adopt_handle(PyObject* module, PyObject* number) {
    int handle;
    if (pm_as_int(number, &handle) < 0) {
        return NULL;
    }
    if (pm_host_kind(handle) == PM_KIND_STALE) {
        PyErr_Format(PyExc_ReferenceError, "the JavaScript object %d is gone", handle);
        return NULL;
    }
    return pm_js_object_new(handle);
}

static PyObject* write_log(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    int level;
    uint32_t length;
    if (!_PyArg_CheckPositional("log", count, 2, 2) || pm_as_int(args[0], &level) < 0) {
        return NULL;
    }
    const char* text = pm_utf8(args[1], &length);
    if (!text) {
        return NULL;
    }
    pm_host_log(level, text, length);
    Py_RETURN_NONE;
}

static PyObject* entry(PyObject* module, PyObject* ignored) {
    const char* name = pm_entry_module();
    if (!name) {
        PyErr_SetString(PyExc_RuntimeError, "the entry module is not known yet");
        return NULL;
    }
    return PyUnicode_FromString(name);
}

static PyObject* memory(PyObject* module, PyObject* ignored) {
    return PyLong_FromSize_t(__builtin_wasm_memory_size(0) * WASM_PAGE);
}

static PyObject* trap(PyObject* module, PyObject* ignored) {
    __builtin_trap();
}

static PyMethodDef functions[] = {
    {"globals_", globals, METH_NOARGS, "globalThis."},
    {"new_object", new_object, METH_NOARGS, "An empty JavaScript object."},
    {"new_array", new_array, METH_NOARGS, "An empty JavaScript array."},
    {"handle", adopt_handle, METH_O, "Adopts a handle that the host has given."},
    {"wait", pm_wait_for, METH_O, "Awaits a JavaScript value; only this thread sleeps."},
    {"op_start", pm_op_start, METH_O, "Awaits a value as an operation of this thread."},
    {"op_sleep", pm_op_sleep, METH_O, "A timer, in seconds."},
    {"op_body", pm_op_body, METH_O, "Reads a request's body."},
    {"op_write", _PyCFunction_CAST(pm_op_write), METH_FASTCALL,
     "Writes a piece of a streamed response."},
    {"op_cancel", pm_op_cancel, METH_O, "The result is not wanted any more."},
    {"op_result", pm_op_result, METH_O,
     "The result of an ended operation; raises JsError when it failed."},
    {"ops_wait", pm_ops_wait, METH_O,
     "Ended operations of this thread; waits for one, for a kick or for the time."},
    {"kick", pm_kick, METH_O, "Ends the present or next ops_wait of a thread."},
    {"thread_id", pm_get_thread_id, METH_NOARGS, "The number of this thread."},
    {"request_head", pm_request_head, METH_O, "Method, URL and headers."},
    {"response_send", _PyCFunction_CAST(pm_response_send), METH_FASTCALL, "The whole response."},
    {"response_start", _PyCFunction_CAST(pm_response_start), METH_FASTCALL,
     "Begins a streamed response."},
    {"response_end", pm_response_end, METH_O, "Ends a streamed response."},
    {"response_abort", _PyCFunction_CAST(pm_response_abort), METH_FASTCALL,
     "Breaks a response off."},
    {"log", _PyCFunction_CAST(write_log), METH_FASTCALL, "One log event."},
    {"entry", entry, METH_NOARGS, "The dotted name of the entry module."},
    {"load_code", pm_load_code, METH_O, "The code of a compiled module, or None."},
    {"memory", memory, METH_NOARGS, "The size of the linear memory in bytes."},
    {"_trap", trap, METH_NOARGS, "Stops as a broken C extension would; for tests."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_pymode",    .m_doc = "The host of this interpreter.",
    .m_size = -1,          .m_methods = functions,
};

PyMODINIT_FUNC PyInit__pymode(void) {
    PyObject* module = PyModule_Create(&definition);
    if (module && (pm_js_object_init(module) < 0 || pm_js_error_init(module) < 0)) {
        Py_CLEAR(module);
    }
    return module;
}

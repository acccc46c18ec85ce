// SPDX-License-Identifier: MIT
// JsError: a JavaScript exception as a Python one.

#include "values.h"

PyObject* pm_js_error;

// A property as str; the empty one for everything that is no text, also when reading it throws.
// Always a new reference unless memory is short.
static PyObject* text_property(int handle, const char* name) {
    int value = pm_host_get(handle, name, (uint32_t)strlen(name));
    if (!value) {
        pm_host_release(pm_host_error_take());
        return PyUnicode_FromString("");
    }
    PyObject* text =
        pm_host_kind(value) == PM_KIND_STRING ? pm_text_of(value) : PyUnicode_FromString("");
    pm_host_release(value);
    return text;
}

// What was thrown need not be an Error: a promise may be rejected with anything.
static PyObject* describe_other(int handle) {
    int size = pm_host_encode(handle);
    if (size < 0) {
        // It has no text either.
        pm_host_release(pm_host_error_take());
        return PyUnicode_FromString("");
    }
    return pm_take_text(size);
}

static PyObject* describe(PyObject* value, PyObject* name, PyObject* message) {
    if (PyUnicode_GET_LENGTH(name) == 0) {
        return PyUnicode_GET_LENGTH(message) ? Py_NewRef(message)
                                             : describe_other(pm_js_object_handle(value));
    }
    return PyUnicode_GET_LENGTH(message) ? PyUnicode_FromFormat("%U: %U", name, message)
                                         : Py_NewRef(name);
}

static PyObject* new_error(PyObject* value, PyObject* name, PyObject* message, PyObject* stack) {
    PyObject* text = describe(value, name, message);
    PyObject* error = text ? PyObject_CallOneArg(pm_js_error, text) : NULL;
    Py_XDECREF(text);
    if (!error) {
        return NULL;
    }
    if (PyObject_SetAttrString(error, "name", name) < 0 ||
        PyObject_SetAttrString(error, "message", message) < 0 ||
        PyObject_SetAttrString(error, "stack", stack) < 0 ||
        PyObject_SetAttrString(error, "value", value) < 0) {
        Py_DECREF(error);
        return NULL;
    }
    return error;
}

PyObject* pm_raise_js_error(void) {
    int handle = pm_host_error_take();
    PyObject *message = NULL, *stack = NULL, *value = NULL, *error = NULL;
    PyObject* name = text_property(handle, "name");
    if (name) {
        message = text_property(handle, "message");
    }
    if (message) {
        stack = text_property(handle, "stack");
    }
    if (!stack) {
        pm_host_release(handle);
        goto end;
    }
    value = pm_js_object_new(handle);
    if (value) {
        error = new_error(value, name, message, stack);
    }
    if (error) {
        PyErr_SetObject(pm_js_error, error);
    }
end:
    Py_XDECREF(name);
    Py_XDECREF(message);
    Py_XDECREF(stack);
    Py_XDECREF(value);
    Py_XDECREF(error);
    return NULL;
}

int pm_js_error_init(PyObject* module) {
    // What an instance has that Python code made.
    PyObject* defaults = Py_BuildValue("{s:s,s:s,s:s,s:O}", "name", "", "message", "", "stack", "",
                                       "value", Py_None);
    if (!defaults) {
        return -1;
    }
    pm_js_error = PyErr_NewExceptionWithDoc("_pymode.JsError", "A JavaScript exception.",
                                            PyExc_Exception, defaults);
    Py_DECREF(defaults);
    return pm_js_error ? PyModule_AddObjectRef(module, "JsError", pm_js_error) : -1;
}

// SPDX-License-Identifier: MIT
// Conversions between Python's and JavaScript's values.

#include "values.h"

#include <math.h>

enum { SMALL_TEXT = 1024 };

// Integers up to here are exact as JavaScript numbers.
static const double LARGEST_EXACT = 9007199254740992.0;
static const long long LARGEST_EXACT_INTEGER = 1LL << 53;

const char* pm_utf8(PyObject* text, uint32_t* length) {
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "expected str, not %.100s", Py_TYPE(text)->tp_name);
        return NULL;
    }
    Py_ssize_t size;
    const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8) {
        *length = (uint32_t)size;
    }
    return utf8;
}

PyObject* pm_take_bytes(int size) {
    if (size < 0) {
        return pm_raise_js_error();
    }
    PyObject* bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes) {
        pm_host_transfer(PyBytes_AS_STRING(bytes));
    }
    return bytes;
}

PyObject* pm_take_text(int size) {
    if (size < 0) {
        return pm_raise_js_error();
    }
    if (size <= SMALL_TEXT) {
        char text[SMALL_TEXT];
        pm_host_transfer(text);
        return PyUnicode_DecodeUTF8(text, size, "replace");
    }
    char* text = PyMem_Malloc((size_t)size);
    if (!text) {
        return PyErr_NoMemory();
    }
    pm_host_transfer(text);
    PyObject* result = PyUnicode_DecodeUTF8(text, size, "replace");
    PyMem_Free(text);
    return result;
}

PyObject* pm_bytes_of(int handle) {
    return pm_take_bytes(pm_host_encode(handle));
}
PyObject* pm_text_of(int handle) {
    return pm_take_text(pm_host_encode(handle));
}

static PyObject* python_number(int handle) {
    double number = pm_host_to_number(handle);
    // Not a number and infinity fail the first comparison.
    if (fabs(number) <= LARGEST_EXACT && number == trunc(number)) {
        return PyLong_FromLongLong((long long)number);
    }
    return PyFloat_FromDouble(number);
}

static PyObject* python_bigint(int handle) {
    PyObject* text = pm_text_of(handle);
    if (!text) {
        return NULL;
    }
    PyObject* result = PyLong_FromUnicodeObject(text, 10);
    Py_DECREF(text);
    return result;
}

PyObject* pm_to_python(int handle) {
    PyObject* result;
    switch (pm_host_kind(handle)) {
    case PM_KIND_UNDEFINED:
    case PM_KIND_NULL:
        Py_RETURN_NONE; // the constants need no release
    case PM_KIND_BOOLEAN:
        return PyBool_FromLong(pm_host_to_bool(handle));
    case PM_KIND_NUMBER:
        result = python_number(handle);
        break;
    case PM_KIND_BIGINT:
        result = python_bigint(handle);
        break;
    case PM_KIND_STRING:
        result = pm_text_of(handle);
        break;
    case PM_KIND_STALE:
        if (handle == 0) {
            return pm_raise_js_error();
        }
        PyErr_Format(PyExc_ReferenceError, "the JavaScript object %d is gone", handle);
        return NULL;
    default:
        return pm_js_object_new(handle);
    }
    pm_host_release(handle);
    return result;
}

// A handle made by the host; 0 means that it could not.
static int own(int handle, struct pm_value* result) {
    if (handle == 0) {
        pm_raise_js_error();
        return -1;
    }
    *result = (struct pm_value){handle, true};
    return 0;
}

static int js_large_integer(PyObject* value, struct pm_value* result) {
    PyObject* text = PyLong_Type.tp_repr(value);
    if (!text) {
        return -1;
    }
    uint32_t length;
    const char* digits = pm_utf8(text, &length);
    int argument = digits ? pm_host_from_text(digits, length) : 0;
    Py_DECREF(text);
    if (!digits) {
        return -1;
    }
    struct pm_value owned;
    if (own(argument, &owned) < 0) {
        return -1;
    }
    static const char function[] = "BigInt";
    int made = pm_host_call(PM_GLOBAL_THIS, function, sizeof function - 1, &argument, 1);
    pm_value_release(&owned);
    return own(made, result);
}

static int js_integer(PyObject* value, struct pm_value* result) {
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow) {
        return js_large_integer(value, result);
    }
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    bool exact = number >= -LARGEST_EXACT_INTEGER && number <= LARGEST_EXACT_INTEGER;
    return own(exact ? pm_host_from_number((double)number) : pm_host_from_bigint(number), result);
}

static int js_text(PyObject* value, struct pm_value* result) {
    uint32_t length;
    const char* text = pm_utf8(value, &length);
    return text ? own(pm_host_from_text(text, length), result) : -1;
}

static int js_bytes(PyObject* value, struct pm_value* result) {
    Py_buffer buffer;
    if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    int handle = pm_host_from_bytes(buffer.buf, (uint32_t)buffer.len);
    PyBuffer_Release(&buffer);
    return own(handle, result);
}

int pm_to_js(PyObject* value, struct pm_value* result) {
    *result = (struct pm_value){PM_UNDEFINED, false};
    if (value == Py_None) {
        return 0;
    }
    if (PyBool_Check(value)) {
        result->handle = value == Py_True ? PM_TRUE : PM_FALSE;
        return 0;
    }
    if (pm_is_js_object(value)) {
        result->handle = pm_js_object_handle(value);
        return 0;
    }
    if (PyUnicode_Check(value)) {
        return js_text(value, result);
    }
    if (PyLong_Check(value)) {
        return js_integer(value, result);
    }
    if (PyFloat_Check(value)) {
        return own(pm_host_from_number(PyFloat_AS_DOUBLE(value)), result);
    }
    if (PyObject_CheckBuffer(value)) {
        return js_bytes(value, result);
    }
    PyErr_Format(PyExc_TypeError, "a %.100s has no JavaScript counterpart",
                 Py_TYPE(value)->tp_name);
    return -1;
}

void pm_value_release(struct pm_value* value) {
    if (value->owned) {
        pm_host_release(value->handle);
        value->owned = false;
    }
}

// SPDX-License-Identifier: MIT
// Reading a request's head and answering it. Heads travel as fields that end with, or are separated
// by, NUL.

#include "request.h"

#include <string.h>

#include "arguments.h"
#include "host.h"
#include "values.h"

// The next field of a head, or NULL with an exception. `*at` is behind the end after the last one.
static PyObject* next_field(const char** at, const char* end) {
    const char* start = *at;
    if (start > end) {
        PyErr_SetString(PyExc_ValueError, "the head of the request ends too early");
        return NULL;
    }
    const char* stop = memchr(start, '\0', (size_t)(end - start));
    if (!stop) {
        stop = end;
    }
    *at = stop + 1;
    return PyUnicode_DecodeUTF8(start, stop - start, "replace");
}

static PyObject* header_list(const char** at, const char* end) {
    PyObject* list = PyList_New(0);
    while (list && *at < end) {
        PyObject* name = next_field(at, end);
        PyObject* value = name ? next_field(at, end) : NULL;
        PyObject* pair = value ? PyTuple_Pack(2, name, value) : NULL;
        if (!pair || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(name);
        Py_XDECREF(value);
        Py_XDECREF(pair);
    }
    return list;
}

PyObject* pm_request_head(PyObject* module, PyObject* request) {
    int number;
    if (pm_as_int(request, &number) < 0) {
        return NULL;
    }
    PyObject* bytes = pm_take_bytes(pm_host_request_head(number));
    if (!bytes) {
        return NULL;
    }
    const char* at = PyBytes_AS_STRING(bytes);
    const char* end = at + PyBytes_GET_SIZE(bytes);
    PyObject *method = NULL, *url = NULL, *headers = NULL, *result = NULL;
    if (!(method = next_field(&at, end)) || !(url = next_field(&at, end)) ||
        !(headers = header_list(&at, end))) {
        goto end;
    }
    result = PyTuple_Pack(3, method, url, headers);
end:
    Py_XDECREF(method);
    Py_XDECREF(url);
    Py_XDECREF(headers);
    Py_DECREF(bytes);
    return result;
}

// A response's head in the form the host wants.
struct head {
    char* text; // owned
    uint32_t length;
};

// Appends a field, or only adds its size while `text` is NULL. -1 with an exception.
static int add_field(struct head* head, PyObject* field) {
    uint32_t length;
    const char* text = pm_utf8(field, &length);
    if (!text) {
        return -1;
    }
    if (memchr(text, '\0', length)) {
        PyErr_SetString(PyExc_ValueError, "a header must not hold a NUL character");
        return -1;
    }
    if (head->text) {
        memcpy(head->text + head->length, text, length + 1);
    }
    head->length += length + 1;
    return 0;
}

static int add_fields(struct head* head, PyObject* pairs) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pairs); i++) {
        PyObject* pair = PyList_GET_ITEM(pairs, i);
        if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
            PyErr_SetString(PyExc_TypeError, "a header must be a tuple of a name and a value");
            return -1;
        }
        if (add_field(head, PyTuple_GET_ITEM(pair, 0)) < 0 ||
            add_field(head, PyTuple_GET_ITEM(pair, 1)) < 0) {
            return -1;
        }
    }
    return 0;
}

// Nothing of Python runs between the two passes, so the list stays as it is.
static int make_head(PyObject* pairs, struct head* head) {
    *head = (struct head){NULL, 0};
    if (!PyList_Check(pairs)) {
        PyErr_Format(PyExc_TypeError, "headers must be a list, not %.100s",
                     Py_TYPE(pairs)->tp_name);
        return -1;
    }
    if (add_fields(head, pairs) < 0) {
        return -1;
    }
    head->text = PyMem_Malloc(head->length ? head->length : 1);
    if (!head->text) {
        PyErr_NoMemory();
        return -1;
    }
    head->length = 0;
    if (add_fields(head, pairs) < 0) {
        PyMem_Free(head->text);
        return -1;
    }
    return 0;
}

static PyObject* none_or_error(int done) {
    if (!done) {
        return pm_raise_js_error();
    }
    Py_RETURN_NONE;
}

PyObject* pm_response_send(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    int request, status;
    struct head head;
    Py_buffer body;
    if (!_PyArg_CheckPositional("response_send", count, 4, 4) || pm_as_int(args[0], &request) < 0 ||
        pm_as_int(args[1], &status) < 0 || PyObject_GetBuffer(args[3], &body, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject* result = NULL;
    if (make_head(args[2], &head) == 0) {
        result = none_or_error(pm_host_response_send(request, status, head.text, head.length,
                                                     body.buf, (uint32_t)body.len));
        PyMem_Free(head.text);
    }
    PyBuffer_Release(&body);
    return result;
}

PyObject* pm_response_start(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    int request, status;
    struct head head;
    if (!_PyArg_CheckPositional("response_start", count, 3, 3) ||
        pm_as_int(args[0], &request) < 0 || pm_as_int(args[1], &status) < 0 ||
        make_head(args[2], &head) < 0) {
        return NULL;
    }
    PyObject* result =
        none_or_error(pm_host_response_start(request, status, head.text, head.length));
    PyMem_Free(head.text);
    return result;
}

PyObject* pm_response_end(PyObject* module, PyObject* request) {
    int number;
    if (pm_as_int(request, &number) < 0) {
        return NULL;
    }
    pm_host_response_end(number);
    Py_RETURN_NONE;
}

PyObject* pm_response_abort(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    int request;
    uint32_t length;
    if (!_PyArg_CheckPositional("response_abort", count, 2, 2) ||
        pm_as_int(args[0], &request) < 0) {
        return NULL;
    }
    const char* message = pm_utf8(args[1], &length);
    if (!message) {
        return NULL;
    }
    pm_host_response_abort(request, message, length);
    Py_RETURN_NONE;
}

// SPDX-License-Identifier: MIT
// An extension in a package: calls of libc, data with pointers into itself, a function pointer that
// libc calls back.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const names[] = {"zero", "one", "two"};

static int by_value(const void* a, const void* b) {
    const long x = *(const long*)a;
    const long y = *(const long*)b;
    return (x > y) - (x < y);
}

static PyObject* sorted_text(PyObject* module, PyObject* list) {
    (void)module;
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "a list of integers is needed");
        return NULL;
    }
    const Py_ssize_t count = PyList_GET_SIZE(list);
    long* values = malloc(sizeof(long) * (size_t)(count + 1));
    if (!values) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = PyLong_AsLong(PyList_GET_ITEM(list, i));
    }
    PyObject* result = NULL;
    if (!PyErr_Occurred()) {
        qsort(values, (size_t)count, sizeof(long), by_value);
        char text[200] = "";
        for (Py_ssize_t i = 0; i < count && strlen(text) < 150; i++) {
            snprintf(text + strlen(text), 40, "%ld;", values[i]);
        }
        result = PyUnicode_FromString(text);
    }
    free(values);
    return result;
}

static PyObject* name_of(PyObject* module, PyObject* number) {
    (void)module;
    const long index = PyLong_AsLong(number);
    if (index < 0 || index > 2) {
        PyErr_SetString(PyExc_IndexError, "0, 1 or 2");
        return NULL;
    }
    return PyUnicode_FromString(names[index]);
}

static PyMethodDef methods[] = {
    {"sorted_text", sorted_text, METH_O, NULL},
    {"name_of", name_of, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "demo._speedups", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__speedups(void) {
    return PyModule_Create(&definition);
}

// SPDX-License-Identifier: MIT

#include "refresh.h"

#include "python.h"

// The generator behind random.random() was seeded when the snapshot was made: the same everywhere
// without this.
static int reseed_random(void) {
    PyObject* modules = PyImport_GetModuleDict(); // borrowed
    PyObject* random;
    if (PyDict_GetItemStringRef(modules, "random", &random) <= 0) {
        return PyErr_Occurred() ? -1 : 0;
    }
    PyObject* generator = PyObject_GetAttrString(random, "_inst");
    Py_DECREF(random);
    PyObject* name = generator ? PyUnicode_FromString("seed") : NULL;
    PyObject* result = name ? PyObject_CallMethodNoArgs(generator, name) : NULL;
    Py_XDECREF(generator);
    Py_XDECREF(name);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

int pm_refresh_once(void) {
    static bool done;
    if (done) {
        return 0;
    }
    // First: the reseeding may suspend, and another request would do it again.
    done = true;
    return reseed_random();
}

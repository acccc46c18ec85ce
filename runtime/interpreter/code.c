// SPDX-License-Identifier: MIT
// Reads a compiled module in one step. What CPython's own loader does for it (a path, a stat, a
// buffered file, a view) is right for any file, and costs a cold start several milliseconds because
// every C function that runs for the first time is compiled by V8 then.

#include "code.h"

#include <fcntl.h>
#include <marshal.h>
#include <sys/stat.h>
#include <unistd.h>

// PEP 552: magic number, flags, and a hash of the source or its time and size.
enum { HEADER_SIZE = 16, MAGIC_SIZE = 4, FLAG_HASHED = 1 };

// The whole file, NULL without an exception when it cannot be opened.
static PyObject* read_file(const char* path) {
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return NULL;
    }
    struct stat status;
    PyObject* bytes = NULL;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= INT32_MAX) {
        bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)status.st_size);
    }
    if (bytes && read(file, PyBytes_AS_STRING(bytes), (size_t)status.st_size) != status.st_size) {
        Py_CLEAR(bytes);
    }
    close(file);
    return bytes;
}

// Little-endian, as the format and this machine are.
static uint32_t word_at(const char* bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static bool needs_no_source(const char* bytes, Py_ssize_t size) {
    return size > HEADER_SIZE && word_at(bytes) == (uint32_t)PyImport_GetMagicNumber() &&
           word_at(bytes + MAGIC_SIZE) == FLAG_HASHED;
}

PyObject* pm_load_code(PyObject* module, PyObject* path) {
    const char* name = PyUnicode_AsUTF8(path);
    if (!name) {
        return NULL;
    }
    PyObject* bytes = read_file(name);
    if (!bytes && PyErr_Occurred()) {
        return NULL;
    }
    PyObject* code = NULL;
    if (bytes && needs_no_source(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes))) {
        code = PyMarshal_ReadObjectFromString(PyBytes_AS_STRING(bytes) + HEADER_SIZE,
                                              PyBytes_GET_SIZE(bytes) - HEADER_SIZE);
        if (code && !PyCode_Check(code)) {
            PyErr_Format(PyExc_ImportError, "%s holds no code", name);
            Py_CLEAR(code);
        }
    } else if (!PyErr_Occurred()) {
        code = Py_NewRef(Py_None);
    }
    Py_XDECREF(bytes);
    return code;
}

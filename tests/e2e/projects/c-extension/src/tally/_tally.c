// SPDX-License-Identifier: MIT
// Every function below is declared with fewer parameters than CPython passes, as many extensions
// do. It is wrong C, and works everywhere but in WebAssembly.
#include <Python.h>

typedef struct {
    PyObject_HEAD long value;
} Tally;

static PyObject* tally_up(Tally* self) {
    self->value += TALLY_STEP;
    return PyLong_FromLong(self->value);
}

static PyObject* tally_reset(Tally* self) {
    self->value = 0;
    Py_RETURN_NONE;
}

static PyObject* tally_step(void) {
    return PyLong_FromLong(TALLY_STEP);
}

static PyObject* tally_add(Tally* self, PyObject* args, PyObject* keywords) {
    static char* names[] = {"amount", NULL};
    long amount = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "l", names, &amount)) {
        return NULL;
    }
    self->value += amount;
    return PyLong_FromLong(self->value);
}

static PyObject* tally_get(Tally* self) {
    return PyLong_FromLong(self->value);
}

static int tally_set(Tally* self, PyObject* value) {
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "value cannot be deleted");
        return -1;
    }
    self->value = PyLong_AsLong(value);
    return self->value == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyMethodDef tally_methods[] = {
    {"up", (PyCFunction)tally_up, METH_NOARGS, NULL},
    {"reset", (PyCFunction)tally_reset, METH_NOARGS, NULL},
    {"step", (PyCFunction)tally_step, METH_NOARGS | METH_STATIC, NULL},
    {"add", (PyCFunction)tally_add, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef tally_attributes[] = {
    {"value", (getter)tally_get, (setter)tally_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot tally_slots[] = {
    {Py_tp_methods, tally_methods},
    {Py_tp_getset, tally_attributes},
    {0, NULL},
};

static PyType_Spec tally_spec = {"tally._tally.Tally", sizeof(Tally), 0, Py_TPFLAGS_DEFAULT,
                                 tally_slots};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_tally", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__tally(void) {
    PyObject* result = PyModule_Create(&module);
    PyObject* type = result ? PyType_FromSpec(&tally_spec) : NULL;
    if (!type || PyModule_AddObjectRef(result, "Tally", type) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(result);
        return NULL;
    }
    Py_DECREF(type);
    return result;
}

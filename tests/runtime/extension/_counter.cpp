// SPDX-License-Identifier: MIT
// An extension in C++: an object made by a static constructor, virtual functions, a heap type.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace {

class Step {
  public:
    virtual long next(long value) const = 0;
};

class Twice : public Step {
  public:
    long next(long value) const override { return value * 2; }
};

class Plus : public Step {
  public:
    explicit Plus(long amount) : m_amount(amount) {}
    long next(long value) const override { return value + m_amount; }

  private:
    long m_amount;
};

long starting_amount() {
    volatile long amount = 3; // not known when it is compiled: a constructor has to run
    return amount;
}

const Twice twice;
const Plus plus(starting_amount());
const Step* const steps[] = {&twice, &plus};

struct Counter {
    PyObject_HEAD long value;
};

PyObject* advance(PyObject* self, PyObject*) {
    auto* counter = reinterpret_cast<Counter*>(self);
    for (const Step* step : steps) {
        counter->value = step->next(counter->value);
    }
    return PyLong_FromLong(counter->value);
}

PyMethodDef counter_methods[] = {{"advance", advance, METH_NOARGS, nullptr},
                                 {nullptr, nullptr, 0, nullptr}};

PyType_Slot slots[] = {{Py_tp_methods, counter_methods}, {0, nullptr}};

PyType_Spec spec = {"demo.sub._counter.Counter", sizeof(Counter), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

int fill(PyObject* module) {
    PyObject* type = PyType_FromSpec(&spec);
    const int result = type ? PyModule_AddObjectRef(module, "Counter", type) : -1;
    Py_XDECREF(type);
    return result;
}

PyModuleDef_Slot module_slots[] = {{Py_mod_exec, reinterpret_cast<void*>(fill)}, {0, nullptr}};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "demo.sub._counter",
                          nullptr,
                          0,
                          nullptr,
                          module_slots,
                          nullptr,
                          nullptr,
                          nullptr};

} // namespace

PyMODINIT_FUNC PyInit__counter() {
    return PyModuleDef_Init(&definition);
}

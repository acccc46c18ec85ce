// SPDX-License-Identifier: MIT
// JsObject: a JavaScript value that has no Python counterpart, held by a handle.

#include <stddef.h>

#include "values.h"

typedef struct {
    PyObject_HEAD int handle; // owned
    PyObject* weak_references;
} JsObject;

enum { FEW_ARGUMENTS = 8 };

bool pm_is_js_object(PyObject* value) {
    return Py_IS_TYPE(value, &pm_js_object_type);
}

int pm_js_object_handle(PyObject* object) {
    return ((JsObject*)object)->handle;
}

PyObject* pm_js_object_new(int handle) {
    JsObject* self = PyObject_New(JsObject, &pm_js_object_type);
    if (!self) {
        pm_host_release(handle);
        return NULL;
    }
    self->handle = handle;
    self->weak_references = NULL;
    return (PyObject*)self;
}

static void deallocate(PyObject* self) {
    int handle = pm_js_object_handle(self);
    if (((JsObject*)self)->weak_references) {
        PyObject_ClearWeakRefs(self);
    }
    if (handle >= PM_FIRST_HANDLE) {
        pm_host_release(handle);
    }
    PyObject_Free(self);
}

static const char* kind_name(int kind) {
    static const char* const names[] = {
        "undefined", "null",   "boolean", "number", "bigint",   "string", "symbol",
        "function",  "object", "array",   "bytes",  "thenable", "error",  "date",
    };
    return kind >= 0 && kind < (int)Py_ARRAY_LENGTH(names) ? names[kind] : "stale";
}

static PyObject* get_kind(PyObject* self, void* closure) {
    return PyUnicode_FromString(kind_name(pm_host_kind(pm_js_object_handle(self))));
}

static PyObject* represent(PyObject* self) {
    return PyUnicode_FromFormat("<JsObject %s>",
                                kind_name(pm_host_kind(pm_js_object_handle(self))));
}

// None, or JsError when the host says 0.
static PyObject* done(int result) {
    if (!result) {
        return pm_raise_js_error();
    }
    Py_RETURN_NONE;
}

static PyObject* truth(int result) {
    return result < 0 ? pm_raise_js_error() : PyBool_FromLong(result);
}

// An index of an array; -1 with an exception.
static int as_index(PyObject* key, uint32_t* index) {
    unsigned long value = PyLong_AsUnsignedLong(key);
    if (value == (unsigned long)-1 && PyErr_Occurred()) {
        return -1;
    }
    *index = (uint32_t)value;
    return 0;
}

static PyObject* get(PyObject* self, PyObject* key) {
    if (PyLong_Check(key)) {
        uint32_t index;
        return as_index(key, &index) < 0
                   ? NULL
                   : pm_to_python(pm_host_get_index(pm_js_object_handle(self), index));
    }
    uint32_t length;
    const char* name = pm_utf8(key, &length);
    return name ? pm_to_python(pm_host_get(pm_js_object_handle(self), name, length)) : NULL;
}

static PyObject* set(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    if (!_PyArg_CheckPositional("set", count, 2, 2)) {
        return NULL;
    }
    struct pm_value value;
    if (pm_to_js(args[1], &value) < 0) {
        return NULL;
    }
    PyObject* result = NULL;
    uint32_t part;
    if (PyLong_Check(args[0])) {
        if (as_index(args[0], &part) == 0) {
            result = done(pm_host_set_index(pm_js_object_handle(self), part, value.handle));
        }
    } else {
        const char* name = pm_utf8(args[0], &part);
        if (name) {
            result = done(pm_host_set(pm_js_object_handle(self), name, part, value.handle));
        }
    }
    pm_value_release(&value);
    return result;
}

static PyObject* remove_key(PyObject* self, PyObject* key) {
    uint32_t length;
    const char* name = pm_utf8(key, &length);
    return name ? done(pm_host_remove(pm_js_object_handle(self), name, length)) : NULL;
}

static PyObject* has(PyObject* self, PyObject* key) {
    uint32_t length;
    const char* name = pm_utf8(key, &length);
    return name ? truth(pm_host_has(pm_js_object_handle(self), name, length)) : NULL;
}

// The strings of a JavaScript array; borrows the handle.
static PyObject* list_of(int array) {
    PyObject* size = pm_to_python(pm_host_get(array, "length", sizeof "length" - 1));
    Py_ssize_t count = size ? PyLong_AsSsize_t(size) : -1;
    Py_XDECREF(size);
    PyObject* list = count < 0 ? NULL : PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject* item = pm_to_python(pm_host_get_index(array, (uint32_t)i));
        if (!item) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject* keys(PyObject* self, PyObject* ignored) {
    int array = pm_host_keys(pm_js_object_handle(self));
    if (!array) {
        return pm_raise_js_error();
    }
    PyObject* list = list_of(array);
    pm_host_release(array);
    return list;
}

// Arguments of a call, converted.
struct arguments {
    struct pm_value few_values[FEW_ARGUMENTS];
    int few_handles[FEW_ARGUMENTS];
    struct pm_value* values;
    int* handles;
    Py_ssize_t count;
};

static void release_arguments(struct arguments* arguments) {
    for (Py_ssize_t i = 0; i < arguments->count; i++) {
        pm_value_release(&arguments->values[i]);
    }
    if (arguments->values != arguments->few_values) {
        PyMem_Free(arguments->values);
        PyMem_Free(arguments->handles);
    }
}

static int convert_arguments(struct arguments* arguments, PyObject* const* args, Py_ssize_t count) {
    arguments->count = 0;
    arguments->values = arguments->few_values;
    arguments->handles = arguments->few_handles;
    if (count > FEW_ARGUMENTS) {
        arguments->values = PyMem_New(struct pm_value, count);
        arguments->handles = PyMem_New(int, count);
    }
    if (!arguments->values || !arguments->handles) {
        PyErr_NoMemory();
        goto error;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (pm_to_js(args[i], &arguments->values[i]) < 0) {
            goto error;
        }
        arguments->handles[i] = arguments->values[i].handle;
        arguments->count = i + 1;
    }
    return 0;
error:
    release_arguments(arguments);
    return -1;
}

static PyObject* call_named(PyObject* self, const char* name, uint32_t length,
                            PyObject* const* args, Py_ssize_t count) {
    struct arguments arguments;
    if (convert_arguments(&arguments, args, count) < 0) {
        return NULL;
    }
    int result =
        pm_host_call(pm_js_object_handle(self), name, length, arguments.handles, (uint32_t)count);
    release_arguments(&arguments);
    return pm_to_python(result);
}

static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    if (count == 0) {
        PyErr_SetString(PyExc_TypeError, "call() needs the name of a method");
        return NULL;
    }
    uint32_t length;
    const char* name = pm_utf8(args[0], &length);
    return name ? call_named(self, name, length, args + 1, count - 1) : NULL;
}

static PyObject* call_self(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    return call_named(self, "", PM_CALL_ITSELF, args, count);
}

static PyObject* construct(PyObject* self, PyObject* const* args, Py_ssize_t count) {
    struct arguments arguments;
    if (convert_arguments(&arguments, args, count) < 0) {
        return NULL;
    }
    int result = pm_host_construct(pm_js_object_handle(self), arguments.handles, (uint32_t)count);
    release_arguments(&arguments);
    return pm_to_python(result);
}

static PyObject* to_bytes(PyObject* self, PyObject* ignored) {
    int handle = pm_js_object_handle(self);
    int kind = pm_host_kind(handle);
    if (kind != PM_KIND_BYTES) {
        PyErr_Format(PyExc_TypeError, "a JavaScript %s is not a buffer", kind_name(kind));
        return NULL;
    }
    return pm_bytes_of(handle);
}

static PyObject* to_str(PyObject* self, PyObject* ignored) {
    int handle = pm_js_object_handle(self);
    if (pm_host_kind(handle) != PM_KIND_BYTES) {
        return pm_text_of(handle);
    }
    // The host's `encode` gives the bytes of a buffer, not its text.
    return pm_to_python(pm_host_call(PM_GLOBAL_THIS, "String", sizeof "String" - 1, &handle, 1));
}

static int other_handle(PyObject* other) {
    if (!pm_is_js_object(other)) {
        PyErr_Format(PyExc_TypeError, "expected JsObject, not %.100s", Py_TYPE(other)->tp_name);
        return 0;
    }
    return pm_js_object_handle(other);
}

static PyObject* same(PyObject* self, PyObject* other) {
    int handle = other_handle(other);
    return handle ? truth(pm_host_same(pm_js_object_handle(self), handle)) : NULL;
}

static PyObject* instance_of(PyObject* self, PyObject* constructor) {
    int handle = other_handle(constructor);
    return handle ? truth(pm_host_instance_of(pm_js_object_handle(self), handle)) : NULL;
}

static PyMethodDef methods[] = {
    {"get", get, METH_O, "A property; None for undefined and null."},
    {"set", _PyCFunction_CAST(set), METH_FASTCALL, "Sets a property."},
    {"remove", remove_key, METH_O, "Removes a property."},
    {"has", has, METH_O, "Whether there is such a property (JavaScript's `in`)."},
    {"keys", keys, METH_NOARGS, "The object's own enumerable string keys."},
    {"call", _PyCFunction_CAST(call), METH_FASTCALL, "Calls a method by its name."},
    {"call_self", _PyCFunction_CAST(call_self), METH_FASTCALL, "Calls the value itself."},
    {"construct", _PyCFunction_CAST(construct), METH_FASTCALL, "JavaScript's `new`."},
    {"to_bytes", to_bytes, METH_NOARGS, "A copy of the bytes of an ArrayBuffer or a view."},
    {"to_str", to_str, METH_NOARGS, "JavaScript's String(value)."},
    {"same", same, METH_O, "Whether both are the same JavaScript object."},
    {"instance_of", instance_of, METH_O, "JavaScript's `instanceof`."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"kind", get_kind, NULL,
     "What the value is: 'object', 'array', 'function', 'thenable' and so on.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject pm_js_object_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pymode.JsObject",
    .tp_doc = "A JavaScript value that has no Python counterpart.",
    .tp_basicsize = sizeof(JsObject),
    .tp_dealloc = deallocate,
    .tp_repr = represent,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_weaklistoffset = offsetof(JsObject, weak_references),
    .tp_methods = methods,
    .tp_getset = properties,
};

int pm_js_object_init(PyObject* module) {
    return PyModule_AddType(module, &pm_js_object_type);
}

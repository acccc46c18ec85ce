// SPDX-License-Identifier: MIT
// Python's values as JavaScript's and back, and the type of what stays JavaScript's.
#pragma once

#include "python.h"

#include "host.h"

extern PyTypeObject pm_js_object_type;
extern PyObject* pm_js_error; // the exception type JsError

// A new JsObject; takes the handle over, also on failure (NULL with an exception).
PyObject* pm_js_object_new(int handle);
bool pm_is_js_object(PyObject* value);
// The handle of a JsObject; stays the object's.
int pm_js_object_handle(PyObject* object);

// The Python value of a handle, which is taken over. 0 stands for a JavaScript exception, raised as
// JsError.
PyObject* pm_to_python(int handle);
// Raises the pending JavaScript exception as JsError. Always NULL.
PyObject* pm_raise_js_error(void);

// A handle that may have to be released: one made for a value, or borrowed from a JsObject.
struct pm_value {
    int handle;
    bool owned;
};

// 0, or -1 with an exception (TypeError for what has no JavaScript counterpart).
int pm_to_js(PyObject* value, struct pm_value* result);
void pm_value_release(struct pm_value* value);

// The text of String(value), or of the bytes of a buffer; borrows the handle.
PyObject* pm_text_of(int handle);
PyObject* pm_bytes_of(int handle);

// Takes the transfer slot of `size` bytes (a result of the host's `encode` and the like); -1 is a
// JavaScript exception.
PyObject* pm_take_bytes(int size);
PyObject* pm_take_text(int size);

// UTF-8 of a str, borrowed from it; NULL with an exception.
const char* pm_utf8(PyObject* text, uint32_t* length);

// Adds JsObject and JsError to the module.
int pm_js_object_init(PyObject* module);
int pm_js_error_init(PyObject* module);

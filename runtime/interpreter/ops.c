// SPDX-License-Identifier: MIT
// Host operations: everything asynchronous. An operation belongs to the thread that started it;
// only that one is told of its end.

#include "ops.h"

#include <math.h>

#include "arguments.h"
#include "interrupt.h"
#include "threads.h"
#include "values.h"

static const double LONGEST_SECONDS = 2147483.0; // what a JavaScript timer can hold

static bool reserve_operation(struct pm_thread* thread) {
    if (thread->operation_count < thread->operation_capacity) {
        return true;
    }
    int capacity = thread->operation_capacity ? thread->operation_capacity * 2 : 8;
    int* larger = realloc(thread->operations, (size_t)capacity * sizeof *larger);
    if (!larger) {
        return false;
    }
    thread->operations = larger;
    thread->operation_capacity = capacity;
    return true;
}

// Fetches what has ended. The place is made first: an operation that was taken from the host must
// not be lost.
static int collect_operations(struct pm_thread* me) {
    me->host_news = false;
    for (;;) {
        if (!reserve_operation(me)) {
            PyErr_NoMemory();
            return -1;
        }
        int op = pm_host_op_take(me->id);
        if (!op) {
            return 0;
        }
        me->operations[me->operation_count++] = op;
    }
}

// Sleeps without the GIL until the host has news, somebody kicks the thread, or the time is over.
// -1 with an exception.
static int wait_for_host(struct pm_thread* me, double milliseconds) {
    PyThreadState* tstate = PyEval_SaveThread();
    enum pm_wake why = PM_WOKEN;
    // News may have come while the GIL was given up.
    if (!me->host_news && !me->kicked) {
        me->waits_for_host = true;
        why = pm_block(milliseconds, "operation of the host");
        me->waits_for_host = false;
    }
    PyEval_RestoreThread(tstate);
    return why == PM_INTERRUPTED ? pm_raise_pending() : 0;
}

static PyObject* operation_number(int op) {
    return op ? PyLong_FromLong(op) : pm_raise_js_error();
}

PyObject* pm_op_start(PyObject* module, PyObject* value) {
    struct pm_value converted;
    if (pm_to_js(value, &converted) < 0) {
        return NULL;
    }
    int op = pm_host_op_start(converted.handle, pm_current->id);
    pm_value_release(&converted);
    return operation_number(op);
}

// Seconds as milliseconds; -1 with an exception.
static double milliseconds_of(PyObject* seconds) {
    double value = PyFloat_AsDouble(seconds);
    if (value == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    if (isnan(value)) {
        PyErr_SetString(PyExc_ValueError, "a time must be a number");
        return -1;
    }
    return (value < 0 ? 0 : value > LONGEST_SECONDS ? LONGEST_SECONDS : value) * 1e3;
}

PyObject* pm_op_sleep(PyObject* module, PyObject* seconds) {
    double milliseconds = milliseconds_of(seconds);
    return milliseconds < 0 ? NULL
                            : operation_number(pm_host_op_sleep(milliseconds, pm_current->id));
}

PyObject* pm_op_body(PyObject* module, PyObject* request) {
    int number;
    return pm_as_int(request, &number) < 0
               ? NULL
               : operation_number(pm_host_request_body(number, pm_current->id));
}

PyObject* pm_op_write(PyObject* module, PyObject* const* args, Py_ssize_t count) {
    int request;
    Py_buffer data;
    if (!_PyArg_CheckPositional("op_write", count, 2, 2) || pm_as_int(args[0], &request) < 0 ||
        PyObject_GetBuffer(args[1], &data, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    int op = pm_host_response_write(request, data.buf, (uint32_t)data.len, pm_current->id);
    PyBuffer_Release(&data);
    return operation_number(op);
}

// Takes an operation out of those that have ended; false when it is not among them.
static bool forget_operation(struct pm_thread* me, int op) {
    for (int i = 0; i < me->operation_count; i++) {
        if (me->operations[i] == op) {
            me->operation_count--;
            memmove(&me->operations[i], &me->operations[i + 1],
                    (size_t)(me->operation_count - i) * sizeof op);
            return true;
        }
    }
    return false;
}

PyObject* pm_op_cancel(PyObject* module, PyObject* op) {
    int number;
    if (pm_as_int(op, &number) < 0) {
        return NULL;
    }
    forget_operation(pm_current, number);
    pm_host_op_cancel(number);
    Py_RETURN_NONE;
}

PyObject* pm_op_result(PyObject* module, PyObject* op) {
    int number;
    return pm_as_int(op, &number) < 0 ? NULL : pm_to_python(pm_host_op_result(number));
}

static PyObject* take_operations(struct pm_thread* me) {
    PyObject* list = PyList_New(me->operation_count);
    for (int i = 0; list && i < me->operation_count; i++) {
        PyObject* number = PyLong_FromLong(me->operations[i]);
        if (!number) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, number);
    }
    if (list) {
        me->operation_count = 0;
    }
    return list;
}

PyObject* pm_ops_wait(PyObject* module, PyObject* timeout) {
    struct pm_thread* me = pm_current;
    double milliseconds = -1;
    if (timeout != Py_None) {
        milliseconds = milliseconds_of(timeout);
        if (milliseconds < 0) {
            return NULL;
        }
    }
    if (collect_operations(me) < 0) {
        return NULL;
    }
    if (me->operation_count == 0 && milliseconds != 0 && !me->kicked) {
        if (wait_for_host(me, milliseconds) < 0 || collect_operations(me) < 0) {
            return NULL;
        }
    }
    me->kicked = false;
    return take_operations(me);
}

// Other operations that end meanwhile stay for the event loop that may run below on this thread.
static int wait_for_operation(int op) {
    struct pm_thread* me = pm_current;
    if (collect_operations(me) < 0) {
        return -1;
    }
    bool kicked = false;
    while (!forget_operation(me, op)) {
        // A kick is for the event loop: it must not keep this wait from sleeping, nor be forgotten.
        kicked = kicked || me->kicked;
        me->kicked = false;
        if (wait_for_host(me, -1) < 0 || collect_operations(me) < 0) {
            me->kicked = kicked;
            return -1;
        }
    }
    me->kicked = me->kicked || kicked;
    return 0;
}

PyObject* pm_wait_for(PyObject* module, PyObject* value) {
    if (!pm_is_js_object(value)) {
        return Py_NewRef(value);
    }
    int op = pm_host_op_start(pm_js_object_handle(value), pm_current->id);
    if (!op) {
        return pm_raise_js_error();
    }
    if (wait_for_operation(op) < 0) {
        pm_host_op_cancel(op);
        return NULL;
    }
    return pm_to_python(pm_host_op_result(op));
}

PyObject* pm_kick(PyObject* module, PyObject* tid) {
    int id;
    if (pm_as_int(tid, &id) < 0) {
        return NULL;
    }
    struct pm_thread* thread = pm_find_thread(id);
    if (thread) {
        thread->kicked = true;
        if (thread->waits_for_host) {
            pm_wake_thread(thread, PM_WOKEN);
        }
    }
    Py_RETURN_NONE;
}

PyObject* pm_get_thread_id(PyObject* module, PyObject* ignored) {
    return PyLong_FromLong(pm_current->id);
}

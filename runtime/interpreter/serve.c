// SPDX-License-Identifier: MIT
// A request becomes a green thread that calls pymode._serve.handle.

#include "serve.h"

#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "python.h"
#include "refresh.h"
#include "threads.h"
#include "values.h"

enum { LONGEST_ENTRY = 4096 };

struct request {
    int number;
    int env; // owned handles
    int context;
};

static char* entry_module;

PM_EXPORT(pm_entry) void pm_entry(const char* text, uint32_t length) {
    if (length > LONGEST_ENTRY) {
        return;
    }
    char* copy = calloc(length + 1, 1);
    if (copy) {
        memcpy(copy, text, length);
        free(entry_module);
        entry_module = copy;
    }
}

const char* pm_entry_module(void) {
    return entry_module;
}

// pymode._serve.handle, found when the snapshot is made.
static PyObject* handler;

int pm_find_handler(void) {
    handler = _PyImport_GetModuleAttrString("pymode._serve", "handle");
    return handler ? 0 : -1;
}

// Only for failures of pymode itself: `handle` answers for everything that the application does.
static void answer_failure(int request) {
    PyErr_DisplayException(PyErr_GetRaisedException());
    static const char head[] = "content-type\0text/plain; charset=utf-8";
    static const char body[] = "Internal Server Error\n";
    if (!pm_host_response_send(request, 500, head, sizeof head, body, sizeof body - 1)) {
        // Answered already, or nobody is there: the host has the exception.
        pm_host_release(pm_host_error_take());
    }
}

static void call_handler(struct request request) {
    PyObject* number = PyLong_FromLong(request.number);
    PyObject* env = pm_js_object_new(request.env);
    PyObject* context = pm_js_object_new(request.context);
    PyObject* result = NULL;
    if (number && env && context && pm_refresh_once() == 0) {
        result = PyObject_CallFunctionObjArgs(handler, number, env, context, NULL);
    }
    if (!result) {
        answer_failure(request.number);
    }
    Py_XDECREF(result);
    Py_XDECREF(number);
    Py_XDECREF(env);
    Py_XDECREF(context);
}

static void* serve(void* argument) {
    struct request request = *(struct request*)argument;
    free(argument);
    PyThreadState* tstate = PyThreadState_New(PyInterpreterState_Main());
    if (!tstate) {
        // The host answers for a thread that ends without an answer.
        static const char text[] = "pymode: no memory for a request";
        pm_host_log(4, text, sizeof text - 1);
        pm_host_release(request.env);
        pm_host_release(request.context);
        return NULL;
    }
    PyEval_RestoreThread(tstate);
    // What others have left of a slice could end behind the answer, and the next request would
    // start, with a region of its own, before this thread has given back its own.
    pm_begin_slice();
    call_handler(request);
    pm_collect_when_idle(tstate);
    PyThreadState_Clear(tstate);
    PyThreadState_DeleteCurrent();
    return NULL;
}

// The handles are the thread's from here on, unless the result is NULL.
PM_EXPORT(pm_request) struct pm_thread* pm_request(int number, int env, int context) {
    struct request* request = malloc(sizeof *request);
    if (!request) {
        return NULL;
    }
    *request = (struct request){number, env, context};
    struct pm_thread* thread = pm_thread_new(serve, request, PM_REQUEST_REGION, number);
    if (!thread) {
        free(request);
        return NULL;
    }
    thread->detached = true;
    pm_thread_announce(thread);
    return thread;
}

// SPDX-License-Identifier: MIT
// Makes a thread raise that waits in CPython's own C code, without a change to CPython: a pending
// call, and a wake-up that looks spurious. Waits for locks then run pending calls, on the main
// thread only - so the thread answers as that one until it has raised (pthread_self).

#include "interrupt.h"

#include "python.h"
#include "threads.h"

int pm_raise_pending(void) {
    enum pm_raise what = pm_current->raise;
    pm_current->raise = PM_RAISE_NOTHING;
    switch (what) {
    case PM_RAISE_NOTHING:
        return 0;
    case PM_RAISE_DEADLOCK:
        PyErr_SetString(
            PyExc_RuntimeError,
            "deadlock: every thread waits for another one, and nothing else is under way");
        return -1;
    case PM_RAISE_CANCELLED:
        PyErr_SetString(PyExc_SystemExit, "the thread was cancelled: its request is over");
        return -1;
    }
    Py_UNREACHABLE();
}

static int pending_call(void* ignored) {
    return pm_raise_pending();
}

PM_EXPORT(pm_raise) int pm_raise(int tid, int kind) {
    struct pm_thread* thread = pm_find_thread(tid);
    PyThreadState* tstate = thread ? pm_python_state(thread) : NULL;
    if (!tstate || (thread->state != PM_BLOCKED && thread->state != PM_READY) || kind < 0 ||
        kind > 1) {
        return 0;
    }
    thread->raise = kind == 0 ? PM_RAISE_DEADLOCK : PM_RAISE_CANCELLED;
    // Full when many threads are cancelled at once: the calls that are there serve this thread as
    // well.
    (void)Py_AddPendingCall(pending_call, NULL);
    // For the case that it goes on without another look at the pending calls, e.g. after a sleep.
    _Py_set_eval_breaker_bit(tstate, _PY_CALLS_TO_DO_BIT);
    if (thread->state == PM_BLOCKED) {
        thread->interrupted = true;
        pm_wake_thread(thread, PM_INTERRUPTED);
    }
    return 1;
}

// SPDX-License-Identifier: MIT
// Suspending and resuming, and the queues in which threads wait.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "python.h"
#include "region.h"
#include "threads.h"

int pm_switch_block(int tid, double milliseconds, void* scheduler_stack);
int pm_switch_yield(int kind, void* scheduler_stack);

enum { TICKS = 20000, MACROTASK_EVERY = 2, SLEEPS_PER_MACROTASK = 4 };

int pm_ticks_left = TICKS;
static int runnable;

int pm_runnable_count(void) {
    return runnable;
}

void pm_count_started(void) {
    runnable--;
}

void pm_thread_announce(struct pm_thread* thread) {
    thread->state = PM_READY;
    runnable++;
}

// What one thread sees as "global": all that C keeps for it outside of its stack.
struct saved {
    int error_number;
    PyThreadState* tstate;
    const char* package;
};

static struct saved leave(struct pm_thread* thread, enum pm_thread_state state) {
    pm_region_check(thread);
    if (pm_on_first_thread()) {
        // The host calls pm_snapshot and pm_boot without a suspendable stack.
        fprintf(stderr, "pymode: the start of the interpreter cannot wait (%s)\n",
                thread->wait_reason ? thread->wait_reason : "yield");
        abort();
    }
    struct saved saved = {errno, _Py_tss_tstate, pkgcontext};
    thread->state = state;
    pm_set_current(pm_first_thread());
    _Py_tss_tstate = NULL;
    return saved;
}

static void enter(struct pm_thread* thread, const struct saved* saved) {
    pm_set_current(thread);
    thread->state = PM_RUNNING;
    _Py_tss_tstate = saved->tstate;
    pkgcontext = saved->package;
    errno = saved->error_number;
}

enum pm_wake pm_block(double milliseconds, const char* reason) {
    struct pm_thread* me = pm_current;
    if (me->interrupted) {
        me->interrupted = false;
        return PM_INTERRUPTED;
    }
    me->wait_reason = reason;
    struct saved saved = leave(me, PM_BLOCKED);
    enum pm_wake why = pm_switch_block(me->id, milliseconds, me->scheduler_stack);
    if (why != PM_TIMED_OUT) {
        runnable--; // pm_wake_thread has counted it
    }
    enter(me, &saved);
    me->wait_reason = NULL;
    me->interrupted = false;
    return why;
}

void pm_yield(enum pm_yield kind) {
    struct pm_thread* me = pm_current;
    struct saved saved = leave(me, PM_READY);
    runnable++;
    pm_switch_yield(kind, me->scheduler_stack);
    runnable--;
    enter(me, &saved);
}

void pm_yield_turn(void) {
    static unsigned turns;
    bool others = runnable > 0 && ++turns % SLEEPS_PER_MACROTASK != 0;
    pm_yield(others ? PM_YIELD_MICROTASK : PM_YIELD_MACROTASK);
}

void pm_wake_thread(struct pm_thread* thread, enum pm_wake why) {
    if (pm_host_wake(thread->id, why)) {
        runnable++;
    }
}

void pm_begin_slice(void) {
    pm_ticks_left = TICKS;
}

// The macrotask is taken also when no thread is runnable: only the event loop knows of new
// requests, timers and I/O.
void pm_tick(void) {
    static unsigned slices;
    pm_ticks_left = TICKS;
    if (pm_on_first_thread()) {
        return;
    }
    bool macrotask = ++slices % MACROTASK_EVERY == 0;
    if (!macrotask && runnable == 0) {
        return;
    }
    PyThreadState* tstate = PyEval_SaveThread();
    pm_yield(macrotask ? PM_YIELD_MACROTASK : PM_YIELD_MICROTASK);
    PyEval_RestoreThread(tstate);
}

void pm_queue_push(struct pm_queue* queue, struct pm_thread* thread) {
    thread->next_waiting = NULL;
    thread->queue = queue;
    if (queue->tail) {
        queue->tail->next_waiting = thread;
    } else {
        queue->head = thread;
    }
    queue->tail = thread;
}

struct pm_thread* pm_queue_pop(struct pm_queue* queue) {
    struct pm_thread* thread = queue->head;
    if (thread) {
        pm_queue_remove(thread);
    }
    return thread;
}

void pm_queue_remove(struct pm_thread* thread) {
    struct pm_queue* queue = thread->queue;
    if (!queue) {
        return;
    }
    struct pm_thread* before = NULL;
    for (struct pm_thread* each = queue->head; each != thread; each = each->next_waiting) {
        before = each;
    }
    if (before) {
        before->next_waiting = thread->next_waiting;
    } else {
        queue->head = thread->next_waiting;
    }
    if (queue->tail == thread) {
        queue->tail = before;
    }
    thread->next_waiting = NULL;
    thread->queue = NULL;
}

enum pm_wake pm_wait(struct pm_queue* queue, double milliseconds, const char* reason) {
    struct pm_thread* me = pm_current;
    pm_queue_push(queue, me);
    enum pm_wake why = pm_block(milliseconds, reason);
    if (!me->queue) {
        return PM_WOKEN;
    }
    pm_queue_remove(me);
    // A waker always pops first, so this one woke the thread for another reason.
    return why == PM_WOKEN ? PM_INTERRUPTED : why;
}

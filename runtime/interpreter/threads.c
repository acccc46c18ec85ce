// SPDX-License-Identifier: MIT
// The life of a green thread: made, started by the host, ended, joined - or abandoned after a trap.

#include "threads.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "python.h"
#include "region.h"

// The stack on which pm_snapshot and pm_boot ran is free afterwards: exports that the host calls
// while every thread is suspended run there. Defined by the linker.
extern char __stack_high[];

static struct pm_thread first_thread = {
    .id = 1,
    .state = PM_RUNNING,
    .scheduler_stack = __stack_high,
    .recursion_budget = 1000,
};
static struct pm_thread* all_threads = &first_thread;
static int thread_count;
static int last_id = 1;

struct pm_thread* pm_current = &first_thread;
char* pm_stack_limit;

void pm_set_current(struct pm_thread* thread) {
    pm_current = thread;
    pm_stack_limit = pm_region_limit(thread);
}

_Static_assert(offsetof(struct pm_thread, stack_top) == 0, "switch.s");
_Static_assert(offsetof(struct pm_thread, scheduler_stack) == 4, "switch.s");

bool pm_on_first_thread(void) {
    return pm_current == &first_thread;
}
struct pm_thread* pm_first_thread(void) {
    return &first_thread;
}
struct pm_thread* pm_all_threads(void) {
    return all_threads;
}
int pm_thread_count(void) {
    return thread_count;
}

struct pm_thread* pm_find_thread(int id) {
    for (struct pm_thread* thread = all_threads; thread; thread = thread->next) {
        if (thread->id == id) {
            return thread;
        }
    }
    return NULL;
}

// Numbers are used again only after 2^31 threads.
static int next_id(void) {
    do {
        last_id = last_id == INT_MAX ? 2 : last_id + 1;
    } while (pm_find_thread(last_id));
    return last_id;
}

struct pm_thread* pm_thread_new(void* (*function)(void*), void* argument, size_t region_size,
                                int request) {
    struct pm_thread* thread = calloc(1, sizeof *thread);
    if (!thread || !pm_region_take(thread, region_size)) {
        free(thread);
        return NULL;
    }
    thread->scheduler_stack = first_thread.scheduler_stack;
    thread->id = next_id();
    thread->request = request;
    thread->function = function;
    thread->argument = argument;
    thread->next = all_threads;
    all_threads->previous = thread;
    all_threads = thread;
    thread_count++;
    return thread;
}

// The record goes when nobody can name it any more: it was joined, or is detached.
static void forget(struct pm_thread* thread) {
    if (thread->next) {
        thread->next->previous = thread->previous;
    }
    if (thread->previous) {
        thread->previous->next = thread->next;
    } else {
        all_threads = thread->next;
    }
    free(thread);
}

void pm_thread_discard(struct pm_thread* thread) {
    pm_region_give_back(thread);
    thread_count--;
    forget(thread);
}

static void end(struct pm_thread* thread, enum pm_thread_state state) {
    pm_region_give_back(thread);
    free(thread->operations);
    thread->operations = NULL;
    thread->state = state;
    thread_count--;
    if (thread->joiner) {
        pm_wake_thread(thread->joiner, PM_WOKEN);
    } else if (thread->detached) {
        forget(thread);
    }
}

// Called by switch.s on the thread's own stack.
void pm_thread_main(struct pm_thread* thread);
void pm_thread_main(struct pm_thread* thread) {
    pm_set_current(thread);
    _Py_tss_tstate = NULL;
    pkgcontext = NULL;
    errno = 0;
    thread->state = PM_RUNNING;
    pm_count_started();
    thread->result = thread->function(thread->argument);
    pm_run_key_destructors(thread);
}

// Called by switch.s on the scheduler's stack: the region is free now.
void pm_thread_reap(struct pm_thread* thread);
void pm_thread_reap(struct pm_thread* thread) {
    pm_region_check(thread);
    pm_set_current(&first_thread);
    _Py_tss_tstate = NULL;
    end(thread, PM_DONE);
}

int pthread_create(pthread_t* result, const pthread_attr_t* attributes, void* (*function)(void*),
                   void* argument) {
    size_t size = 0;
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attributes) {
        pthread_attr_getstacksize(attributes, &size);
        pthread_attr_getdetachstate(attributes, &detached);
    }
    struct pm_thread* thread =
        pm_thread_new(function, argument, size ? size : PM_THREAD_REGION, pm_current->request);
    if (!thread) {
        return EAGAIN;
    }
    thread->detached = detached == PTHREAD_CREATE_DETACHED;
    // There is no host to run it while the snapshot is made, and none that would before the first
    // request.
    if (pm_on_first_thread() || pm_host_spawn(thread, thread->id, thread->request)) {
        pm_thread_discard(thread);
        return EAGAIN;
    }
    pm_thread_announce(thread);
    *result = (pthread_t)thread;
    return 0;
}

int pthread_join(pthread_t which, void** result) {
    struct pm_thread* thread = (struct pm_thread*)which;
    if (thread == pm_current || thread->joiner) {
        return EDEADLK;
    }
    if (thread->detached) {
        return EINVAL;
    }
    thread->joiner = pm_current;
    while (thread->state != PM_DONE && thread->state != PM_DEAD) {
        pm_block(-1, "join");
    }
    if (result) {
        *result = thread->result;
    }
    forget(thread);
    return 0;
}

int pthread_detach(pthread_t which) {
    struct pm_thread* thread = (struct pm_thread*)which;
    if (thread->state == PM_DONE || thread->state == PM_DEAD) {
        forget(thread);
    } else {
        thread->detached = true;
    }
    return 0;
}

// A thread that must raise answers as the first one until it has: CPython looks at pending calls
// only there.
pthread_t pthread_self(void) {
    return (pthread_t)(pm_current->raise ? &first_thread : pm_current);
}

#undef pthread_equal
int pthread_equal(pthread_t a, pthread_t b) {
    return a == b;
}

int pthread_attr_setstacksize(pthread_attr_t* attributes, size_t size) {
    if (size > PM_LARGEST_REGION) {
        return EINVAL;
    }
    attributes->__u.__s[0] = size < PM_THREAD_REGION ? PM_THREAD_REGION : size;
    return 0;
}

// No size of its own: libc's default would be too small.
int pthread_attr_init(pthread_attr_t* attributes) {
    *attributes = (pthread_attr_t){0};
    return 0;
}

// Nobody will collect the threads that a dead one was to join.
static void disown_joined(struct pm_thread* dead) {
    for (struct pm_thread* thread = all_threads; thread; thread = thread->next) {
        if (thread->joiner == dead) {
            thread->joiner = NULL;
            thread->detached = true;
        }
    }
}

// The host saw the promise of this thread rejected: a trap or a JavaScript exception took its
// frames away. That was some microtasks ago; others may wait for the GIL by now if the dead thread
// has it.
PM_EXPORT(pm_thread_abandon) int pm_thread_abandon(struct pm_thread* thread) {
    struct pm_thread* running = pm_current == thread ? &first_thread : pm_current;
    PyThreadState* attached = _Py_tss_tstate;
    PyThreadState* tstate = pm_python_state(thread);
    bool held = tstate && tstate->_status.holds_gil;
    if (held) {
        pm_set_current(thread);
        _Py_tss_tstate = tstate;
        PyEval_SaveThread();
    }
    pm_queue_remove(thread);
    disown_joined(thread);
    pm_set_current(running);
    _Py_tss_tstate = attached == tstate ? NULL : attached;
    end(thread, PM_DEAD);
    return held;
}

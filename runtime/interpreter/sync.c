// SPDX-License-Identifier: MIT
// Mutexes, condition variables and once. They stand before libc's stubs at the link. All-zero
// memory is a valid mutex and a valid condition, as PTHREAD_MUTEX_INITIALIZER and
// PTHREAD_COND_INITIALIZER want it.

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "threads.h"
#include "timeout.h"

struct mutex {
    struct pm_thread* owner;
    int count;
    int type;
    struct pm_queue waiting;
};

struct condition {
    struct pm_queue waiting;
    bool monotonic;
};

_Static_assert(sizeof(struct mutex) <= sizeof(pthread_mutex_t),
               "a mutex fits where libc keeps its own");
_Static_assert(sizeof(struct condition) <= sizeof(pthread_cond_t),
               "a condition fits where libc keeps its own");

static const unsigned MUTEX_TYPE_BITS = 3;

int pthread_mutex_init(pthread_mutex_t* mutex, const pthread_mutexattr_t* attributes) {
    memset(mutex, 0, sizeof *mutex);
    if (attributes) {
        ((struct mutex*)mutex)->type = (int)(attributes->__attr & MUTEX_TYPE_BITS);
    }
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t* mutex) {
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t* pthread_mutex) {
    struct mutex* mutex = (struct mutex*)pthread_mutex;
    if (!mutex->owner) {
        mutex->owner = pm_current;
        mutex->count = 1;
        return 0;
    }
    if (mutex->owner == pm_current && mutex->type == PTHREAD_MUTEX_RECURSIVE) {
        mutex->count++;
        return 0;
    }
    return EBUSY;
}

int pthread_mutex_lock(pthread_mutex_t* pthread_mutex) {
    struct mutex* mutex = (struct mutex*)pthread_mutex;
    if (mutex->owner == pm_current && mutex->type == PTHREAD_MUTEX_ERRORCHECK) {
        return EDEADLK;
    }
    while (pthread_mutex_trylock(pthread_mutex)) {
        pm_wait(&mutex->waiting, -1, "mutex");
    }
    return 0;
}

int pthread_mutex_timedlock(pthread_mutex_t* pthread_mutex, const struct timespec* deadline) {
    struct mutex* mutex = (struct mutex*)pthread_mutex;
    while (pthread_mutex_trylock(pthread_mutex)) {
        double left = pm_milliseconds_until(CLOCK_REALTIME, deadline);
        if (left <= 0 || pm_wait(&mutex->waiting, left, "mutex") == PM_TIMED_OUT) {
            return ETIMEDOUT;
        }
    }
    return 0;
}

int pthread_mutex_unlock(pthread_mutex_t* pthread_mutex) {
    struct mutex* mutex = (struct mutex*)pthread_mutex;
    if (mutex->type != PTHREAD_MUTEX_NORMAL && mutex->owner != pm_current) {
        return EPERM;
    }
    if (mutex->type == PTHREAD_MUTEX_RECURSIVE && --mutex->count) {
        return 0;
    }
    mutex->owner = NULL;
    struct pm_thread* next = pm_queue_pop(&mutex->waiting);
    if (next) {
        pm_wake_thread(next, PM_WOKEN);
    }
    return 0;
}

int pthread_condattr_init(pthread_condattr_t* attributes) {
    attributes->__attr = 0;
    return 0;
}

int pthread_condattr_destroy(pthread_condattr_t* attributes) {
    return 0;
}

int pthread_condattr_setclock(pthread_condattr_t* attributes, clockid_t clock) {
    attributes->__attr = clock == CLOCK_MONOTONIC;
    return 0;
}

int pthread_cond_init(pthread_cond_t* condition, const pthread_condattr_t* attributes) {
    memset(condition, 0, sizeof *condition);
    ((struct condition*)condition)->monotonic = attributes && attributes->__attr;
    return 0;
}

int pthread_cond_destroy(pthread_cond_t* condition) {
    return 0;
}

// Waits for a signal. The thread is in the queue before the mutex is free, and nothing runs in
// between, so that no signal is lost. An interruption looks like a spurious wake-up, after which
// CPython's waits look at pending calls.
static int wait_for_signal(pthread_cond_t* pthread_condition, pthread_mutex_t* mutex,
                           double milliseconds) {
    struct condition* condition = (struct condition*)pthread_condition;
    struct pm_thread* me = pm_current;
    pm_queue_push(&condition->waiting, me);
    pthread_mutex_unlock(mutex);
    enum pm_wake why =
        pm_block(milliseconds, milliseconds < 0 ? "condition" : "condition with a time limit");
    bool signalled = !me->queue;
    pm_queue_remove(me);
    pthread_mutex_lock(mutex);
    return !signalled && why == PM_TIMED_OUT ? ETIMEDOUT : 0;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    return wait_for_signal(condition, mutex, -1);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const struct timespec* deadline) {
    clockid_t clock = ((struct condition*)condition)->monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    return wait_for_signal(condition, mutex, pm_milliseconds_until(clock, deadline));
}

int pthread_cond_signal(pthread_cond_t* condition) {
    struct pm_thread* thread = pm_queue_pop(&((struct condition*)condition)->waiting);
    if (thread) {
        pm_wake_thread(thread, PM_WOKEN);
    }
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) {
    struct pm_queue* waiting = &((struct condition*)condition)->waiting;
    for (struct pm_thread* thread = pm_queue_pop(waiting); thread; thread = pm_queue_pop(waiting)) {
        pm_wake_thread(thread, PM_WOKEN);
    }
    return 0;
}

int pthread_once(pthread_once_t* once, void (*initialize)(void)) {
    enum { NOT_YET, RUNNING, DONE };
    volatile int* state = once;
    while (*state == RUNNING) {
        pm_yield(PM_YIELD_MICROTASK);
    }
    if (*state == NOT_YET) {
        *state = RUNNING;
        initialize();
        *state = DONE;
    }
    return 0;
}

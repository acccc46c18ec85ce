// SPDX-License-Identifier: MIT
// Thread-specific data.

#include <errno.h>
#include <pthread.h>

#include "python.h"
#include "threads.h"

struct key {
    bool used;
    void (*destructor)(void*);
};

static struct key keys[PM_MAX_KEYS];

int pthread_key_create(pthread_key_t* result, void (*destructor)(void*)) {
    for (int i = 0; i < PM_MAX_KEYS; i++) {
        if (keys[i].used) {
            continue;
        }
        keys[i] = (struct key){true, destructor};
        for (struct pm_thread* thread = pm_all_threads(); thread; thread = thread->next) {
            thread->keys[i] = NULL;
        }
        *result = (pthread_key_t)i;
        return 0;
    }
    return EAGAIN;
}

int pthread_key_delete(pthread_key_t key) {
    if (key >= PM_MAX_KEYS || !keys[key].used) {
        return EINVAL;
    }
    keys[key] = (struct key){false, NULL};
    return 0;
}

void* pthread_getspecific(pthread_key_t key) {
    return key < PM_MAX_KEYS ? pm_current->keys[key] : NULL;
}

static bool is_python_key(pthread_key_t key) {
    return _PyRuntime.autoTSSkey._is_initialized && key == _PyRuntime.autoTSSkey._key;
}

// CPython's limit of C recursion on this platform is for another engine's stack. Binding a state to
// a thread is where ours is known; a state that has been used already keeps its count.
static void fit_recursion_budget(PyThreadState* tstate) {
    int budget = pm_current->recursion_budget;
    if (tstate->c_recursion_remaining == Py_C_RECURSION_LIMIT && budget < Py_C_RECURSION_LIMIT) {
        tstate->c_recursion_remaining = budget;
    }
}

int pthread_setspecific(pthread_key_t key, const void* value) {
    if (key >= PM_MAX_KEYS || !keys[key].used) {
        return EINVAL;
    }
    pm_current->keys[key] = (void*)value;
    if (value && is_python_key(key)) {
        fit_recursion_budget((PyThreadState*)value);
    }
    return 0;
}

PyThreadState* pm_python_state(struct pm_thread* thread) {
    return _PyRuntime.autoTSSkey._is_initialized ? thread->keys[_PyRuntime.autoTSSkey._key] : NULL;
}

void pm_run_key_destructors(struct pm_thread* thread) {
    for (int i = 0; i < PM_MAX_KEYS; i++) {
        void* value = thread->keys[i];
        thread->keys[i] = NULL;
        if (value && keys[i].used && keys[i].destructor) {
            keys[i].destructor(value);
        }
    }
}

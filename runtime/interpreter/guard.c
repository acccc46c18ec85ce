// SPDX-License-Identifier: MIT
// Some of CPython's C functions call each other without counting: an iterator that asks the
// iterator below it, the hash of a tuple in a tuple. With a stack of megabytes that goes well for a
// long time. Here the engine's stack would end and take the thread with it, so these types get a
// slot that counts. Since they need little, only every other one counts as one of C's recursion.

#include "guard.h"

#include "python.h"
#include "threads.h"

enum { LIGHT_CALLS_PER_RECURSION = 2 };

static bool enter(const char* what) {
    struct pm_thread* me = pm_current;
    if ((me->light_depth + 1) % LIGHT_CALLS_PER_RECURSION == 0 && Py_EnterRecursiveCall(what)) {
        return false;
    }
    me->light_depth++;
    return true;
}

static void leave(void) {
    struct pm_thread* me = pm_current;
    if (me->light_depth % LIGHT_CALLS_PER_RECURSION == 0) {
        Py_LeaveRecursiveCall();
    }
    me->light_depth--;
}

static PyObject* counted_next(PyObject* iterator, iternextfunc next) {
    if (!enter(" while iterating")) {
        return NULL;
    }
    PyObject* item = next(iterator);
    leave();
    return item;
}

static hashfunc tuple_hash;

static Py_hash_t counted_tuple_hash(PyObject* tuple) {
    if (!enter(" while hashing")) {
        return -1;
    }
    Py_hash_t hash = tuple_hash(tuple);
    leave();
    return hash;
}

// One function for each type: a slot does not know from which type it was called.
#define COUNTED_ITERATORS(type)                                                                    \
    type(builtins, map) type(builtins, filter) type(builtins, zip) type(builtins, enumerate)       \
        type(itertools, chain) type(itertools, islice) type(itertools, starmap)                    \
            type(itertools, takewhile) type(itertools, dropwhile) type(itertools, filterfalse)     \
                type(itertools, accumulate) type(itertools, compress) type(itertools, zip_longest) \
                    type(itertools, pairwise) type(itertools, batched) type(itertools, cycle)      \
                        type(itertools, groupby)

#define DEFINE_COUNTED(module, name)                                                               \
    static iternextfunc name##_next;                                                               \
    static PyObject* counted_##name##_next(PyObject* iterator) {                                   \
        return counted_next(iterator, name##_next);                                                \
    }
COUNTED_ITERATORS(DEFINE_COUNTED)

struct counted_iterator {
    const char* module;
    const char* name;
    iternextfunc* original;
    iternextfunc counted;
};

#define LIST_COUNTED(module, name) {#module, #name, &name##_next, counted_##name##_next},
static const struct counted_iterator counted_iterators[] = {COUNTED_ITERATORS(LIST_COUNTED)};

static int replace_next(const struct counted_iterator* each) {
    PyObject* type = _PyImport_GetModuleAttrString(each->module, each->name);
    if (!type) {
        return -1;
    }
    *each->original = ((PyTypeObject*)type)->tp_iternext;
    ((PyTypeObject*)type)->tp_iternext = each->counted;
    Py_DECREF(type);
    return 0;
}

int pm_guard_recursion(void) {
    tuple_hash = PyTuple_Type.tp_hash;
    PyTuple_Type.tp_hash = counted_tuple_hash;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(counted_iterators); i++) {
        if (replace_next(&counted_iterators[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

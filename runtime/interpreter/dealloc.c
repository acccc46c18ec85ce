// SPDX-License-Identifier: MIT
// Frees objects that hold objects that hold objects. CPython's trash can postpones lists, tuples
// and some others when that goes too deep; closures, bound methods, iterators and many more it
// frees in one go, however deep, since they seldom nest. Here every object with members is
// postponed from a certain depth on. CPython 3.14 does the same.

#include "own_dealloc.h"

#include "pycore_gc.h"

#include "python.h"
#include "threads.h"

// Natively 50 is the depth of CPython's trash can as well.
enum { MOST_NESTED = 50, NESTED_AGAIN = MOST_NESTED / 2 };

#undef _Py_Dealloc

// An object that the collector does not track has no members, or only some without members. A frame
// object is freed at the very moment at which its frame ends: what it refers to is gone afterwards.
static bool may_postpone(PyObject* object) {
    return _PyObject_IS_GC(object) && _PyObject_GC_IS_TRACKED(object) &&
           !Py_IS_TYPE(object, &PyFrame_Type);
}

// The link goes where the collector had its own; the reference count stays 0, so that nobody takes
// it for alive.
static void postpone(struct pm_thread* me, PyObject* object) {
    _PyObject_GC_UNTRACK(object);
    _PyGCHead_SET_PREV(_Py_AS_GC(object), (PyGC_Head*)me->postponed);
    me->postponed = object;
}

static void free_postponed(struct pm_thread* me) {
    while (me->postponed) {
        PyObject* object = me->postponed;
        me->postponed = (PyObject*)_PyGCHead_PREV(_Py_AS_GC(object));
        _PyGCHead_SET_PREV(_Py_AS_GC(object), NULL);
        // Types rely on being tracked when they are freed.
        _PyObject_GC_TRACK(object);
        me->nested_frees++;
        pm_cpython_dealloc(object);
        me->nested_frees--;
    }
}

void _Py_Dealloc(PyObject* object) {
    if (!PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HAVE_GC)) {
        pm_cpython_dealloc(object);
        return;
    }
    struct pm_thread* me = pm_current;
    if (me->nested_frees >= MOST_NESTED && may_postpone(object)) {
        postpone(me, object);
        return;
    }
    me->nested_frees++;
    pm_cpython_dealloc(object);
    me->nested_frees--;
    if (me->postponed && me->nested_frees <= NESTED_AGAIN) {
        free_postponed(me);
    }
}

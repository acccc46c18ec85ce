// SPDX-License-Identifier: MIT
// CPython collects when 2,000 objects more have been made than freed: at any moment, so also while
// many requests are under way, whose objects it then takes for long-lived ones. What they leave is
// looked at again a thousand requests later, and until then the memory grows. Between two requests
// is the better moment: what has no owner then is garbage.

#include "collect.h"

#include "threads.h"

#include "pycore_gc.h"

enum { WORTH_COLLECTING = 400 };

// The oldest generation that is due by CPython's own rules.
static int generation_due(const struct _gc_runtime_state* gc) {
    const struct gc_generation* generations = gc->generations;
    if (generations[2].count > generations[2].threshold &&
        gc->long_lived_pending >= gc->long_lived_total / 4) {
        return 2;
    }
    return generations[1].count > generations[1].threshold ? 1 : 0;
}

void pm_collect_when_idle(PyThreadState* tstate) {
    struct _gc_runtime_state* gc = &tstate->interp->gc;
    // The program may have switched it off.
    if (!gc->enabled || gc->generations[0].threshold == 0 || pm_thread_count() > 1) {
        return;
    }
    if (gc->generations[0].count >= WORTH_COLLECTING) {
        _PyGC_Collect(tstate, generation_due(gc), _Py_GC_REASON_HEAP);
    }
}

// SPDX-License-Identifier: MIT
// What the host's scheduler asks of the threads.

#include <stdio.h>

#include "threads.h"

enum { DUMP_SIZE = 8192, DUMP_LINE = 160 };

PM_EXPORT(pm_thread_id) int pm_thread_id(const struct pm_thread* thread) {
    return thread->id;
}
PM_EXPORT(pm_scheduler_stack) char* pm_scheduler_stack(void) {
    return pm_first_thread()->scheduler_stack;
}
PM_EXPORT(pm_runnable) int pm_runnable(void) {
    return pm_runnable_count();
}
PM_EXPORT(pm_threads) int pm_threads(void) {
    return pm_thread_count();
}

PM_EXPORT(pm_op_done) void pm_op_done(int tid) {
    struct pm_thread* thread = pm_find_thread(tid);
    if (!thread) {
        return;
    }
    thread->host_news = true;
    if (thread->waits_for_host) {
        pm_wake_thread(thread, PM_WOKEN);
    }
}

PM_EXPORT(pm_thread_dump) const char* pm_thread_dump(void) {
    static const char* const states[] = {"ready", "running", "blocked", "done", "dead"};
    static char text[DUMP_SIZE];
    size_t used = 0;
    text[0] = '\0';
    for (struct pm_thread* thread = pm_all_threads(); thread && used < DUMP_SIZE - DUMP_LINE;
         thread = thread->next) {
        if (thread == pm_first_thread()) {
            continue;
        }
        used += (size_t)snprintf(text + used, DUMP_LINE, "thread %d of request %d: %s %s\n",
                                 thread->id, thread->request, states[thread->state],
                                 thread->wait_reason ? thread->wait_reason : "");
    }
    return text;
}

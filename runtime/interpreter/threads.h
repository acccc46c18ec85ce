// SPDX-License-Identifier: MIT
// Green threads: every request and every pthread has a region of linear memory for its C stack, and
// a JavaScript stack that the host suspends. Exactly one runs at a time, and it runs until it
// suspends itself: nothing here needs an atomic.
//
// The wait queues are kept here; the host has one resolver for each blocked thread and the timers.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "host.h"

enum {
    PM_MAX_KEYS = 64,
    // A request may call what needs much stack; a thread is one of many. No thread gets less, since
    // C libraries have limits of their own (marshal, SQLite), which need up to 200 KB.
    PM_REQUEST_REGION = 1024 * 1024,
    PM_THREAD_REGION = 256 * 1024,
    PM_LARGEST_REGION = 32 * 1024 * 1024,
};

enum pm_thread_state { PM_READY, PM_RUNNING, PM_BLOCKED, PM_DONE, PM_DEAD };

// How a wait ended; the first three are the host's numbers.
enum pm_wake { PM_WOKEN = 0, PM_TIMED_OUT = 1, PM_INTERRUPTED = 2 };

// What a thread is made to raise at the next opportunity.
enum pm_raise { PM_RAISE_NOTHING = 0, PM_RAISE_DEADLOCK = 1, PM_RAISE_CANCELLED = 2 };

struct pm_thread;

struct pm_queue {
    struct pm_thread *head, *tail;
};

struct pm_thread {
    char* stack_top;       // offset 0, read by switch.s
    char* scheduler_stack; // offset 4, read by switch.s
    int id;
    int request;
    enum pm_thread_state state;
    bool detached;
    void* (*function)(void*);
    void* argument;
    void* result;

    char* region; // owned; NULL for the first thread, and after the end
    size_t region_size;
    int recursion_budget;      // how deep C may call itself in this region
    int light_depth;           // see guard.c
    int nested_frees;          // see dealloc.c
    struct _object* postponed; // what they postponed

    struct pm_thread *next, *previous; // all threads
    struct pm_thread* next_waiting;    // in `queue`
    struct pm_queue* queue;            // borrowed; NULL when a waker has taken the thread off
    struct pm_thread* joiner;          // borrowed
    const char* wait_reason;           // static text, for the dump

    enum pm_raise raise; // set until the exception has been raised
    bool interrupted;    // ends the present or the next wait, once
    bool waits_for_host; // only then an ended operation or a kick resumes it
    bool host_news;      // an operation ended since they were last collected
    bool kicked;         // remembered until the next wait for the host
    int* operations;     // ended operations that nobody has asked for yet; owned
    int operation_count;
    int operation_capacity;

    void* keys[PM_MAX_KEYS];
};

// The thread that runs. Never NULL: outside of all green threads it is the first one, on which the
// interpreter was started.
extern struct pm_thread* pm_current;
// Changes pm_current, and what tick.h knows of its stack.
void pm_set_current(struct pm_thread* thread);

bool pm_on_first_thread(void);
struct pm_thread* pm_first_thread(void);
struct pm_thread* pm_all_threads(void);
struct pm_thread* pm_find_thread(int id);
int pm_thread_count(void);
int pm_runnable_count(void);

// A new thread that is not known to the host yet, or NULL when memory is short.
struct pm_thread* pm_thread_new(void* (*function)(void*), void* argument, size_t region_size,
                                int request);
// Undoes pm_thread_new for a thread that never ran.
void pm_thread_discard(struct pm_thread* thread);
// Counts a new thread as runnable.
void pm_thread_announce(struct pm_thread* thread);

// suspend.c

// Sleeps until woken, or until the time is over when `milliseconds` is not negative.
enum pm_wake pm_block(double milliseconds, const char* reason);
enum pm_yield { PM_YIELD_MICROTASK = 1, PM_YIELD_MACROTASK = 2 };
// Lets others run. A macrotask lets timers, I/O and new requests in as well.
void pm_yield(enum pm_yield kind);
// Lets the thread compute for a whole slice before it gives up its turn.
void pm_begin_slice(void);
// Gives up one turn, mostly cheaply, but so that timers get their turn as well.
void pm_yield_turn(void);
void pm_wake_thread(struct pm_thread* thread, enum pm_wake why);
// The caller's own count of runnable threads, when a thread starts.
void pm_count_started(void);

void pm_queue_push(struct pm_queue* queue, struct pm_thread* thread);
struct pm_thread* pm_queue_pop(struct pm_queue* queue);
void pm_queue_remove(struct pm_thread* thread);
// Waits in a queue. PM_WOKEN when somebody popped the thread, whatever else happened at the same
// time.
enum pm_wake pm_wait(struct pm_queue* queue, double milliseconds, const char* reason);

// keys.c
void pm_run_key_destructors(struct pm_thread* thread);
// interrupt.c: the thread's Python state when it has one.
struct _ts* pm_python_state(struct pm_thread* thread);

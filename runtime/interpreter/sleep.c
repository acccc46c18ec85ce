// SPDX-License-Identifier: MIT
// Sleeping and polling: only the calling thread stands still. They stand before libc's own, which
// would ask WASI's poll_oneoff and block the whole isolate.

#define _GNU_SOURCE // for the times

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/select.h>

#include "threads.h"
#include "timeout.h"

static const double LONGEST = 2147483000.0;
static const long NANOSECONDS = 1000000000;

static double limit(double milliseconds) {
    if (milliseconds < 0) {
        return 0;
    }
    return milliseconds > LONGEST ? LONGEST : milliseconds;
}

double pm_milliseconds(const struct timespec* duration) {
    return limit((double)duration->tv_sec * 1e3 + (double)duration->tv_nsec / 1e6);
}

double pm_milliseconds_until(clockid_t clock, const struct timespec* deadline) {
    struct timespec now;
    clock_gettime(clock, &now);
    return limit((double)(deadline->tv_sec - now.tv_sec) * 1e3 +
                 (double)(deadline->tv_nsec - now.tv_nsec) / 1e6);
}

// A negative time is without end. While the interpreter is started there is nobody to wait for and
// no clock that moves.
static void sleep_for(double milliseconds, const char* reason) {
    if (pm_on_first_thread()) {
        return;
    }
    if (milliseconds == 0) {
        pm_yield_turn();
        return;
    }
    // Interrupted or not: what the thread must raise is raised by the eval loop right afterwards.
    pm_block(milliseconds, reason);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec* request,
                    struct timespec* left) {
    if (flags & ~TIMER_ABSTIME || request->tv_nsec < 0 || request->tv_nsec >= NANOSECONDS ||
        (!(flags & TIMER_ABSTIME) && request->tv_sec < 0)) {
        return EINVAL;
    }
    if (left) {
        memset(left, 0, sizeof *left);
    }
    sleep_for(flags & TIMER_ABSTIME ? pm_milliseconds_until(clock, request)
                                    : pm_milliseconds(request),
              "sleep");
    return 0;
}

int nanosleep(const struct timespec* request, struct timespec* left) {
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, request, left);
    if (error) {
        errno = error;
        return -1;
    }
    return 0;
}

int sched_yield(void) {
    if (!pm_on_first_thread()) {
        pm_yield_turn();
    }
    return 0;
}

// There are only files, which are always ready.
static short ready_events(int descriptor, short wanted) {
    if (fcntl(descriptor, F_GETFL) < 0) {
        return POLLNVAL;
    }
    return wanted & (POLLRDNORM | POLLWRNORM);
}

int poll(struct pollfd* descriptors, nfds_t count, int timeout) {
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        struct pollfd* each = &descriptors[i];
        each->revents = each->fd < 0 ? 0 : ready_events(each->fd, each->events);
        ready += each->revents != 0;
    }
    if (ready == 0 && timeout != 0) {
        sleep_for(timeout, "poll");
    }
    return ready;
}

// Counts the descriptors of a set; -1 when one of them is not open.
static int count_open(int limit_of_descriptors, const fd_set* set) {
    int count = 0;
    for (int i = 0; set && i < limit_of_descriptors; i++) {
        if (FD_ISSET(i, set)) {
            if (fcntl(i, F_GETFL) < 0) {
                return -1;
            }
            count++;
        }
    }
    return count;
}

int pselect(int limit_of_descriptors, fd_set* restrict readable, fd_set* restrict writable,
            fd_set* restrict exceptional, const struct timespec* restrict timeout,
            const sigset_t* restrict mask) {
    if (limit_of_descriptors < 0 || limit_of_descriptors > FD_SETSIZE) {
        errno = EINVAL;
        return -1;
    }
    int reads = count_open(limit_of_descriptors, readable);
    int writes = count_open(limit_of_descriptors, writable);
    if (reads < 0 || writes < 0 || count_open(limit_of_descriptors, exceptional) < 0) {
        errno = EBADF;
        return -1;
    }
    if (exceptional) {
        FD_ZERO(exceptional);
    }
    if (reads + writes == 0) {
        sleep_for(timeout ? pm_milliseconds(timeout) : -1, "select");
    }
    return reads + writes;
}

int select(int limit_of_descriptors, fd_set* restrict readable, fd_set* restrict writable,
           fd_set* restrict exceptional, struct timeval* restrict timeout) {
    struct timespec converted = {0};
    if (timeout) {
        if (timeout->tv_sec < 0 || timeout->tv_usec < 0 || timeout->tv_usec >= 1000000) {
            errno = EINVAL;
            return -1;
        }
        converted = (struct timespec){timeout->tv_sec, (long)timeout->tv_usec * 1000};
    }
    return pselect(limit_of_descriptors, readable, writable, exceptional,
                   timeout ? &converted : NULL, NULL);
}

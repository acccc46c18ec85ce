// SPDX-License-Identifier: MIT
// Runs green threads: starts, suspends and resumes them, and notices when none can ever go on.
//
// The wait queues are in C; here is one resolver for each blocked thread. A thread's promises are made while it runs, so
// they belong to its request, and workerd delivers a wake-up that comes from another request in the owner's context.

import { deferred } from "./deferred";
import type { Guest } from "./guest";
import type { Drains } from "./drain";

export const Wake = { woken: 0, timedOut: 1, interrupted: 2 } as const;
export const Raise = { deadlock: 0, cancelled: 1 } as const;
const YIELD_TO_MACROTASKS = 2;

export interface Thread {
    readonly id: number;
    readonly pointer: number;
    readonly request: number;
    /** The thread that serves the request, not one that was started by it. */
    readonly main: boolean;
    /** Set while the thread is blocked. */
    resume: ((why: number) => void) | undefined;
    /** Blocked without a time limit: only another thread or the host can wake it. */
    idle: boolean;
    timer: ReturnType<typeof setTimeout> | undefined;
    /** Tells a timer whether the wait it was made for is still going on: a timer of another request cannot be cleared. */
    waits: number;
    /** How often it was made to raise. */
    raises: number;
    /** Ends the waiting for its end. */
    giveUp: () => void;
}

export interface SchedulerEvents {
    /** A trap or a JavaScript exception unwound the thread. */
    readonly onCrash: (thread: Thread, error: unknown) => void;
    /** The first time that a thread of this request waits; called in the context of the request. */
    readonly onBlock: (request: number) => void;
    /** Every thread waits for another one and the host has nothing under way. */
    readonly onDeadlock: (threads: readonly Thread[]) => void;
    /** The thread does not end although it was made to raise again and again. */
    readonly onStuck: (thread: Thread) => void;
    readonly runningOperations: () => number;
    readonly onEnd: (thread: Thread) => void;
}

export interface Scheduler {
    /** Runs the thread that serves a request to its end. */
    runMain(pointer: number, request: number): Promise<void>;
    threadsOf(request: number): Thread[];
    /** Makes a blocked thread raise. */
    raise(thread: Thread, kind: number): void;
    /** Looks for a deadlock now. */
    check(): void;
    /** Sets who wants to know of threads that come to rest. */
    connect(drains: Pick<Drains, "settle">): void;
    count(): number;
    readonly imports: Record<string, unknown>;
}

const MAX_TIMER = 0x7fffffff;
const MAX_RAISES = 16;

export function createScheduler(guest: Guest, maxThreads: number, events: SchedulerEvents): Scheduler {
    const threads = new Map<number, Thread>();
    let idleCount = 0;
    let enter: ((pointer: number) => Promise<number>) | undefined;
    let drains: Pick<Drains, "settle"> | undefined;

    function add(pointer: number, id: number, request: number, main: boolean): Thread {
        const thread: Thread = {
            id,
            pointer,
            request,
            main,
            resume: undefined,
            idle: false,
            timer: undefined,
            waits: 0,
            raises: 0,
            giveUp: () => undefined,
        };
        threads.set(id, thread);
        return thread;
    }

    async function run(thread: Thread): Promise<void> {
        enter ??= WebAssembly.promising(guest.exports.pm_thread_entry);
        const ended = enter(thread.pointer);
        try {
            const end = deferred<unknown>();
            thread.giveUp = () => end.resolve(undefined);
            ended.then(end.resolve, end.reject);
            await end.promise;
        } catch (error) {
            abandon(thread, error);
        }
        remove(thread);
    }

    function remove(thread: Thread): void {
        if (!threads.delete(thread.id)) return;
        if (thread.idle) idleCount--;
        if (thread.timer !== undefined) clearTimeout(thread.timer);
        events.onEnd(thread);
        afterRest(thread);
    }

    /** Its frames are gone without having given anything back: C does that for what it knows of. */
    function abandon(thread: Thread, error: unknown): void {
        events.onCrash(thread, error);
        try {
            guest.exports.__stack_pointer.value = guest.exports.pm_scheduler_stack();
            guest.exports.pm_thread_abandon(thread.pointer);
        } catch (second) {
            events.onCrash(thread, second);
        }
    }

    function block(id: number, milliseconds: number): Promise<number> {
        const thread = threads.get(id);
        if (thread === undefined) return Promise.reject(new Error(`green thread ${id} is not known to the host`));
        events.onBlock(thread.request);
        if (thread.timer !== undefined) clearTimeout(thread.timer);
        thread.timer = undefined;
        const { promise, resolve } = deferred<number>();
        const wait = ++thread.waits;
        thread.resume = resolve;
        if (milliseconds >= 0) {
            const delay = Math.min(Math.ceil(milliseconds), MAX_TIMER);
            thread.timer = setTimeout(() => {
                if (thread.waits === wait) wakeThread(thread, Wake.timedOut);
            }, delay);
        } else {
            thread.idle = true;
            idleCount++;
            afterRest(thread);
        }
        return promise;
    }

    function wakeThread(thread: Thread, why: number): boolean {
        const { resume } = thread;
        if (resume === undefined) return false;
        thread.resume = undefined;
        thread.waits++;
        if (thread.idle) idleCount--;
        thread.idle = false;
        resume(why);
        return true;
    }

    /** After a thread has ended or blocked: it may have been the last one that could do something. */
    function afterRest(thread: Thread): void {
        const { request } = thread;
        if (idleCount > 0 && idleCount === threads.size) queueMicrotask(check);
        drains?.settle(request);
    }

    function check(): void {
        if (idleCount === 0 || idleCount < threads.size || events.runningOperations() > 0) return;
        const blocked = [...threads.values()];
        // The oldest request first. When only threads are left that requests have started, they are being drained.
        const victim = blocked.find((thread) => thread.main);
        if (victim === undefined) return;
        events.onDeadlock(blocked);
        raise(victim, Raise.deadlock);
    }

    function raise(thread: Thread, kind: number): void {
        if (thread.resume === undefined) return;
        thread.raises++;
        if (thread.raises > MAX_RAISES || guest.exports.pm_raise(thread.id, kind) === 0) {
            events.onStuck(thread);
            thread.giveUp();
        }
    }

    function spawn(pointer: number, id: number, request: number): number {
        if (threads.size >= maxThreads) return 1;
        const thread = add(pointer, id, request, false);
        queueMicrotask(() => void run(thread));
        return 0;
    }

    return {
        runMain: (pointer, request) => run(add(pointer, guest.exports.pm_thread_id(pointer), request, true)),
        threadsOf: (request) => [...threads.values()].filter((thread) => thread.request === request),
        raise,
        check,
        connect: (connected) => {
            drains = connected;
        },
        count: () => threads.size,
        imports: {
            block: new WebAssembly.Suspending(block),
            yield: new WebAssembly.Suspending((kind: number) => yieldTurn(kind)),
            wake: (id: number, why: number): number => {
                const thread = threads.get(id);
                return thread !== undefined && wakeThread(thread, why) ? 1 : 0;
            },
            spawn,
        },
    };
}

/** Only a macrotask lets timers, I/O and new requests in. */
function yieldTurn(kind: number): Promise<number> {
    const { promise, resolve } = deferred<number>();
    if (kind === YIELD_TO_MACROTASKS) setTimeout(() => resolve(0), 0);
    else resolve(0);
    return promise;
}

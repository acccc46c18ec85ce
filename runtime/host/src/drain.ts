// SPDX-License-Identifier: MIT
// What becomes of the threads that a request has left behind when the thread that served it has ended.
//
// The platform never resumes them after the request is over. So they are let work, under waitUntil, until they have ended
// or only wait for others (the workers of an idle pool); then they are cancelled: SystemExit, and `finally` blocks run.

import { deferred } from "./deferred";
import { Raise, type Scheduler, type Thread } from "./scheduler";

export interface Drains {
    /** Resolves when no thread of the request is left. */
    drain(request: number): Promise<void>;
    /** A thread of the request has ended or has begun to wait. */
    settle(request: number): void;
}

export interface DrainParts {
    readonly scheduler: Scheduler;
    readonly runningOperations: (thread: number) => number;
    /** Whether a thread of another request may still wake one of this request. */
    readonly othersLive: (request: number) => boolean;
    /** Threads that would not end. */
    readonly onLeft: (threads: readonly Thread[]) => void;
}

interface Drain {
    readonly finished: () => void;
    /** Ends the waiting for idle threads: another request may hold the lock they wait for. */
    grace: ReturnType<typeof setTimeout> | undefined;
    deadline: ReturnType<typeof setTimeout> | undefined;
    settling: boolean;
}

/** The platform gives 30 s after the response. */
const TIME_TO_WORK = 25_000;
const TIME_TO_END = 2_000;
const GRACE = 100;

export function createDrains({ scheduler, runningOperations, othersLive, onLeft }: DrainParts): Drains {
    const drains = new Map<number, Drain>();

    function drain(request: number): Promise<void> {
        if (scheduler.threadsOf(request).length === 0) return Promise.resolve();
        const { promise, resolve } = deferred<void>();
        const entry: Drain = { finished: resolve, grace: undefined, deadline: undefined, settling: false };
        entry.deadline = setTimeout(() => timeIsOver(request, entry), TIME_TO_WORK);
        drains.set(request, entry);
        settle(request);
        return promise;
    }

    /** In a microtask: a thread tells of its rest while it is still being suspended. */
    function settle(request: number): void {
        const entry = drains.get(request);
        if (entry === undefined || entry.settling) return;
        entry.settling = true;
        queueMicrotask(() => {
            entry.settling = false;
            inspect(request, entry);
        });
    }

    function inspect(request: number, entry: Drain): void {
        if (drains.get(request) !== entry) return;
        const threads = scheduler.threadsOf(request);
        if (threads.length === 0) {
            finish(request, entry);
            return;
        }
        if (!threads.every(isAtRest)) return;
        if (!othersLive(request)) {
            for (const thread of threads) scheduler.raise(thread, Raise.cancelled);
            return;
        }
        entry.grace ??= setTimeout(() => {
            entry.grace = undefined;
            for (const thread of scheduler.threadsOf(request).filter(isAtRest)) scheduler.raise(thread, Raise.cancelled);
        }, GRACE);
    }

    function isAtRest(thread: Thread): boolean {
        return thread.idle && runningOperations(thread.id) === 0;
    }

    function timeIsOver(request: number, entry: Drain): void {
        for (const thread of scheduler.threadsOf(request)) scheduler.raise(thread, Raise.cancelled);
        entry.deadline = setTimeout(() => {
            const left = scheduler.threadsOf(request);
            if (left.length > 0) onLeft(left);
            finish(request, entry);
        }, TIME_TO_END);
    }

    function finish(request: number, entry: Drain): void {
        drains.delete(request);
        if (entry.grace !== undefined) clearTimeout(entry.grace);
        if (entry.deadline !== undefined) clearTimeout(entry.deadline);
        entry.finished();
    }

    return { drain, settle };
}

// SPDX-License-Identifier: MIT
// Host operations: everything asynchronous that a green thread has started and will ask about.

import type { Guest } from "./guest";
import type { Handles } from "./handles";
import type { PendingError } from "./pending-error";

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Operation {
    readonly thread: number;
    outcome: Outcome | undefined;
    timer: ReturnType<typeof setTimeout> | undefined;
}

export interface Operations {
    /** Follows a promise for a thread; the number of the operation. */
    start(value: unknown, thread: number): number;
    /** Operations that have not ended: of one thread, or of all. */
    running(thread?: number): number;
    /** The thread has ended: nobody will ask any more. */
    forgetThread(thread: number): void;
    readonly imports: Record<string, (...args: never[]) => number | void>;
}

export interface OperationParts {
    readonly guest: Guest;
    readonly handles: Handles;
    readonly pending: PendingError;
    /** The interpreter trapped while it was told of an ended operation. */
    readonly onFault: (error: unknown) => void;
}

const MAX_TIMER = 0x7fffffff;

export function createOperations({ guest, handles, pending, onFault }: OperationParts): Operations {
    const operations = new Map<number, Operation>();
    /** Ended operations by thread, in the order of their end. */
    const ended = new Map<number, number[]>();
    const runningByThread = new Map<number, number>();
    let runningTotal = 0;
    let last = 0;

    function nextNumber(): number {
        do last = last >= 0x7fffffff ? 1 : last + 1;
        while (operations.has(last));
        return last;
    }

    function countRunning(thread: number, change: number): void {
        runningTotal += change;
        const count = (runningByThread.get(thread) ?? 0) + change;
        if (count === 0) runningByThread.delete(thread);
        else runningByThread.set(thread, count);
    }

    function create(thread: number): number {
        const number = nextNumber();
        operations.set(number, { thread, outcome: undefined, timer: undefined });
        countRunning(thread, 1);
        return number;
    }

    function finish(number: number, outcome: Outcome): void {
        const operation = operations.get(number);
        // Cancelled meanwhile, or its thread has ended.
        if (operation === undefined || operation.outcome !== undefined) return;
        operation.outcome = outcome;
        countRunning(operation.thread, -1);
        const queue = ended.get(operation.thread);
        if (queue === undefined) ended.set(operation.thread, [number]);
        else queue.push(number);
        try {
            guest.exports.pm_op_done(operation.thread);
        } catch (error) {
            onFault(error);
        }
    }

    function start(value: unknown, thread: number): number {
        const number = create(thread);
        Promise.resolve(value).then(
            (result) => finish(number, { value: result }),
            (error: unknown) => finish(number, { error }),
        );
        return number;
    }

    function sleep(milliseconds: number, thread: number): number {
        const number = create(thread);
        const delay = Math.min(Math.max(Math.ceil(milliseconds), 0), MAX_TIMER);
        const operation = operations.get(number);
        if (operation !== undefined) operation.timer = setTimeout(() => finish(number, { value: undefined }), delay);
        return number;
    }

    function cancel(number: number): void {
        const operation = operations.get(number);
        if (operation === undefined) return;
        operations.delete(number);
        if (operation.timer !== undefined) clearTimeout(operation.timer);
        if (operation.outcome === undefined) {
            countRunning(operation.thread, -1);
            return;
        }
        const queue = ended.get(operation.thread);
        const at = queue?.indexOf(number) ?? -1;
        if (at >= 0) queue?.splice(at, 1);
    }

    function result(number: number): number {
        return pending.attempt(() => {
            const operation = operations.get(number);
            if (operation?.outcome === undefined) throw new TypeError(`operation ${number} has no result`);
            operations.delete(number);
            if ("error" in operation.outcome) throw operation.outcome.error;
            return handles.add(operation.outcome.value);
        }, 0);
    }

    function forgetThread(thread: number): void {
        for (const [number, operation] of operations) {
            if (operation.thread === thread) cancel(number);
        }
        ended.delete(thread);
    }

    return {
        start,
        running: (thread) => (thread === undefined ? runningTotal : (runningByThread.get(thread) ?? 0)),
        forgetThread,
        imports: {
            op_start: (handle: number, thread: number): number =>
                // A handle that is gone makes an operation that fails.
                start(handles.has(handle) ? handles.get(handle) : Promise.reject(staleOperand(handle)), thread),
            op_sleep: sleep,
            op_take: (thread: number): number => ended.get(thread)?.shift() ?? 0,
            op_result: result,
            op_cancel: cancel,
        },
    };
}

function staleOperand(handle: number): Error {
    return new Error(`the JavaScript object ${handle} is gone`);
}

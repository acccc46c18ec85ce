// SPDX-License-Identifier: MIT
// Names for JavaScript values: what Python holds instead of a reference.
//
// A handle is given back by the destructor of the Python object that owns it, never by the end of a request: a Worker may
// keep a binding in a global. Handles carry the epoch of their instance, so one that survived a replaced instance is refused
// and can never mean another object.

export interface Handles {
    /** A handle for the value; undefined, null and booleans always have the same one. */
    add(value: unknown): number;
    /** Throws StaleHandleError for a number that names nothing. */
    get(handle: number): unknown;
    has(handle: number): boolean;
    release(handle: number): void;
    count(): number;
}

export class StaleHandleError extends Error {
    override readonly name = "StaleHandleError";
}

const FIRST_INDEX = 16;
const INDEX_BITS = 24;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const EPOCHS = 127;
const MAX_HANDLES = 1 << 20;
const Constant = { undefined: 1, null: 2, true: 3, false: 4, globalThis: 5 } as const;

/** Marks a free place: no JavaScript value that Python could name. */
const FREE = Symbol("free");

export function createHandles(instanceNumber: number): Handles {
    const epoch = ((instanceNumber % EPOCHS) + 1) << INDEX_BITS;
    const values: unknown[] = Array.from({ length: FIRST_INDEX }, () => FREE);
    values[Constant.undefined] = undefined;
    values[Constant.null] = null;
    values[Constant.true] = true;
    values[Constant.false] = false;
    values[Constant.globalThis] = globalThis;
    const free: number[] = [];

    function add(value: unknown): number {
        if (value === undefined) return Constant.undefined;
        if (value === null) return Constant.null;
        if (typeof value === "boolean") return value ? Constant.true : Constant.false;
        const index = free.pop() ?? values.length;
        if (index >= MAX_HANDLES) throw new RangeError("too many JavaScript objects are held by Python");
        values[index] = value;
        return epoch | index;
    }

    /** The place in the table, or FREE's place 0 when the handle is not one of ours. */
    function place(handle: number): number {
        if (handle > 0 && handle < FIRST_INDEX) return handle;
        return handle - (handle & INDEX_MASK) === epoch && (handle & INDEX_MASK) >= FIRST_INDEX ? handle & INDEX_MASK : 0;
    }

    return {
        add,
        get(handle) {
            const index = place(handle);
            const value = values[index];
            if (value === FREE || index >= values.length) throw new StaleHandleError(`the JavaScript object ${handle} is gone`);
            return value;
        },
        has(handle) {
            const index = place(handle);
            return index < values.length && values[index] !== FREE;
        },
        release(handle) {
            const index = place(handle);
            if (index < FIRST_INDEX || index >= values.length || values[index] === FREE) return;
            values[index] = FREE;
            free.push(index);
        },
        count: () => values.length - FIRST_INDEX - free.length,
    };
}

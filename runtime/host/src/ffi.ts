// SPDX-License-Identifier: MIT
// JavaScript values for Python: the imports that make, read, change and call them (docs/runtime-abi.md, "JavaScript objects").

import type { Guest } from "./guest";
import type { Handles } from "./handles";
import type { PendingError } from "./pending-error";
import type { TransferSlot } from "./transfer";

export const Kind = {
    stale: -1,
    undefined: 0,
    null: 1,
    boolean: 2,
    number: 3,
    bigint: 4,
    string: 5,
    symbol: 6,
    function: 7,
    object: 8,
    array: 9,
    bytes: 10,
    thenable: 11,
    error: 12,
    date: 13,
} as const;

/** `call` with this length of the name calls the value itself. */
const CALL_ITSELF = 0xffffffff;
const MAX_ARGUMENTS = 65536;

type Callable = (...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => unknown;

export interface FfiParts {
    readonly guest: Guest;
    readonly handles: Handles;
    readonly pending: PendingError;
    readonly transfer: TransferSlot;
}

export function createFfiImports(parts: FfiParts) {
    return { ...valueImports(parts), ...propertyImports(parts), ...callImports(parts) };
}

function valueImports({ guest, handles, pending, transfer }: FfiParts) {
    return {
        release: (handle: number): void => handles.release(handle),
        error_take: (): number => handles.add(pending.take()),
        from_number: (value: number): number => pending.attempt(() => handles.add(value), 0),
        from_bigint: (value: bigint): number => pending.attempt(() => handles.add(value), 0),
        from_text: (pointer: number, length: number): number =>
            pending.attempt(() => handles.add(guest.memory.text(pointer, length)), 0),
        from_bytes: (pointer: number, length: number): number =>
            pending.attempt(() => handles.add(guest.memory.slice(pointer, length).slice()), 0),
        new_object: (): number => pending.attempt(() => handles.add({}), 0),
        new_array: (): number => pending.attempt(() => handles.add([]), 0),
        kind: (handle: number): number => (handles.has(handle) ? kindOf(handles.get(handle)) : Kind.stale),
        to_number: (handle: number): number => {
            try {
                return Number(handles.get(handle));
            } catch {
                // A symbol, or an object whose conversion throws: no number.
                return Number.NaN;
            }
        },
        to_bool: (handle: number): number => (handles.has(handle) && handles.get(handle) ? 1 : 0),
        encode: (handle: number): number =>
            pending.attempt(() => {
                const value = handles.get(handle);
                const bytes = asBytes(value);
                return bytes === undefined ? transfer.putText(String(value)) : transfer.put(bytes);
            }, -1),
        transfer: (pointer: number): void => transfer.copyTo(pointer),
    };
}

function propertyImports({ guest, handles, pending }: FfiParts) {
    const key = (pointer: number, length: number): string => guest.memory.text(pointer, length);
    const object = (handle: number): Record<string | number, unknown> => asObject(handles.get(handle));

    return {
        get: (handle: number, pointer: number, length: number): number =>
            pending.attempt(() => handles.add(object(handle)[key(pointer, length)]), 0),
        get_index: (handle: number, index: number): number =>
            pending.attempt(() => handles.add(object(handle)[index >>> 0]), 0),
        set: (handle: number, pointer: number, length: number, value: number): number =>
            pending.attempt(() => assign(object(handle), key(pointer, length), handles.get(value)), 0),
        set_index: (handle: number, index: number, value: number): number =>
            pending.attempt(() => assign(object(handle), index >>> 0, handles.get(value)), 0),
        remove: (handle: number, pointer: number, length: number): number =>
            pending.attempt(() => {
                const name = key(pointer, length);
                if (!Reflect.deleteProperty(object(handle), name)) throw new TypeError(`cannot remove ${JSON.stringify(name)}`);
                return 1;
            }, 0),
        has: (handle: number, pointer: number, length: number): number =>
            pending.attempt(() => (key(pointer, length) in object(handle) ? 1 : 0), -1),
        keys: (handle: number): number => pending.attempt(() => handles.add(Object.keys(object(handle))), 0),
    };
}

function callImports({ guest, handles, pending }: FfiParts) {
    function argumentsAt(pointer: number, count: number): unknown[] {
        if (count >>> 0 > MAX_ARGUMENTS) throw new RangeError("too many arguments");
        const view = guest.memory.view();
        return Array.from({ length: count }, (_, i) => handles.get(view.getInt32((pointer >>> 0) + 4 * i, true)));
    }

    return {
        call: (handle: number, name: number, nameLength: number, args: number, count: number): number =>
            pending.attempt(() => {
                const value = handles.get(handle);
                const values = argumentsAt(args, count);
                if (nameLength >>> 0 === CALL_ITSELF) return handles.add(callFunction(value, "the value", undefined, values));
                const method = guest.memory.text(name, nameLength);
                return handles.add(callFunction(asObject(value)[method], method, value, values));
            }, 0),
        construct: (handle: number, args: number, count: number): number =>
            pending.attempt(() => {
                const value = handles.get(handle);
                if (typeof value !== "function") throw new TypeError("the value is not a constructor");
                return handles.add(Reflect.construct(value as Constructor, argumentsAt(args, count)));
            }, 0),
        same: (a: number, b: number): number =>
            handles.has(a) && handles.has(b) && Object.is(handles.get(a), handles.get(b)) ? 1 : 0,
        instance_of: (a: number, b: number): number => {
            if (!handles.has(a) || !handles.has(b)) return 0;
            const constructor = handles.get(b);
            return typeof constructor === "function" && handles.get(a) instanceof constructor ? 1 : 0;
        },
    };
}

function callFunction(fn: unknown, name: string, self: unknown, args: unknown[]): unknown {
    if (typeof fn !== "function") throw new TypeError(`${name} is not a function`);
    return Reflect.apply(fn as Callable, self, args);
}

function assign(target: Record<string | number, unknown>, key: string | number, value: unknown): number {
    target[key] = value;
    return 1;
}

/** Primitives have properties too ("abc".length); undefined and null have none. */
function asObject(value: unknown): Record<string | number, unknown> {
    if (value === undefined || value === null) throw new TypeError(`${String(value)} has no properties`);
    return Object(value) as Record<string | number, unknown>;
}

function asBytes(value: unknown): Uint8Array | undefined {
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return undefined;
}

export function kindOf(value: unknown): number {
    if (value === null) return Kind.null;
    if (typeof value === "object") return objectKind(value);
    return Kind[typeof value];
}

function objectKind(value: object): number {
    if (Array.isArray(value)) return Kind.array;
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return Kind.bytes;
    if (value instanceof Error) return Kind.error;
    if (value instanceof Date) return Kind.date;
    return isThenable(value) ? Kind.thenable : Kind.object;
}

/** Reading `then` may run a getter of somebody's object, which may throw. */
function isThenable(value: object): boolean {
    try {
        return typeof (value as { then?: unknown }).then === "function";
    } catch {
        return false;
    }
}

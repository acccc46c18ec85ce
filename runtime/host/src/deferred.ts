// SPDX-License-Identifier: MIT
// Promises that another request may settle.
//
// The platform marks every promise with the request that made it, and goes on with what waits for it in that request, whoever
// settles it. In the engine of 2026-11 a `new Promise(...)` in code that has become hot lacks the mark: a green thread that
// was woken by another request then ran as a part of that one. Its timers ended with that request, and its own body was
// refused ("Cannot perform I/O on behalf of a different request"). Promise.withResolvers keeps the mark; tests/runtime/
// interpreter.test.mjs would notice if that changed. So nothing in the host says `new Promise`.

export interface Deferred<T> {
    readonly promise: Promise<T>;
    readonly resolve: (value: T) => void;
    readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
    return Promise.withResolvers<T>();
}

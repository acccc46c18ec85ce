// SPDX-License-Identifier: MIT
// What the platform has and @cloudflare/workers-types does not declare yet: JavaScript Promise Integration and exception tags.

declare namespace WebAssembly {
    /** Marks an import as one that suspends the calling WebAssembly stack until the promise settles. */
    class Suspending {
        constructor(fn: (...args: never[]) => Promise<number>);
    }

    /** Wraps an export so that it returns a promise and may be suspended by `Suspending` imports. */
    function promising(fn: (...args: number[]) => number | void): (...args: number[]) => Promise<number>;

    class Tag {
        constructor(type: { parameters: readonly string[] });
    }
}

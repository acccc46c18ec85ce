// SPDX-License-Identifier: MIT
// The interpreter's C part in real workerd: JavaScript's values, green threads, stacks. The cases are Python:
// tests/runtime/workers/interpreter.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startWorker } from "./harness.mjs";

const FOLDER = new URL("./workers/interpreter/", import.meta.url);
const KB = 1024;
// What a case of deep recursion may end in: where it is said to be too deep, or with a value.
const TOO_DEEP = "RecursionError|MemoryError|OperationalError";
/** @type {Record<string, RegExp>} */
const ENDING = {
    deep: new RegExp(`^(${TOO_DEEP}|freed)$`),
    deep_values: /^[A-Za-z_]+$/,
    deep_libraries: /^[A-Za-z_]+$/,
    deep_sources: new RegExp(`^(${TOO_DEEP}|code|Module|Expression|SymbolTable|SyntaxError)$`),
};

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

/** The outcome of a case: what it returns, or the name of the exception. @param {string} path */
async function outcome(path) {
    const response = await fetch(`${worker.url}/${path}`);
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}${worker.logs.text()}`);
    return JSON.parse(text);
}

/** Compares the outcomes of a module's cases with what is expected. @param {string} module @param {Record<string, unknown>} expected */
function table(module, expected) {
    for (const [name, value] of Object.entries(expected)) {
        test(name, async () => assert.deepEqual(await outcome(`${module}/${name}`), value));
    }
}

before(async () => {
    worker = await startWorker({ folder: FOLDER, inspect: true });
});
after(() => worker?.stop());

describe("JavaScript's values", () => {
    table("ffi", {
        values: [],
        buffers: [true, true, true],
        not_convertible: [
            "TypeError: a dict has no JavaScript counterpart",
            "TypeError: a list has no JavaScript counterpart",
            "TypeError: a complex has no JavaScript counterpart",
            "TypeError: a type has no JavaScript counterpart",
            "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed",
        ],
        objects: [
            ["a", "b", "c"], true, false, null, "object",
            "array", ["b", "c", "d"], true, "[object Object]", "<JsObject object>",
            "1970-01-01T00:00:00.000Z", true, 99, "12",
        ],
        errors: [
            "SyntaxError", true, true, true,
            "JsError: Error: a text",
            "JsError: [object Object]",
            "JsError: TypeError: no_such_function is not a function",
            "TypeError: cannot create '_pymode.JsObject' instances",
            "ReferenceError: the JavaScript object 123456 is gone",
        ],
        promises: [42, 7],
        released: true,
        operations: [null, "JsError"],
        responses: [
            "TypeError: response_send expected 4 arguments, got 1",
            "ValueError: a header must not hold a NUL character",
            "TypeError: a header must be a tuple of a name and a value",
            "TypeError: headers must be a list, not str",
            "OverflowError: Python int too large to convert to C int",
            "ValueError: a time must be a number",
        ],
    });
});

describe("threads", () => {
    table("threads", {
        joined_for_ever: "RuntimeError",
        queue_for_ever: "RuntimeError",
        event_for_ever: "RuntimeError",
        stack_sizes: [64 * KB, 1024 * KB, 32 * 1024 * KB],
        hand_over: 160,
        counted: 160_000,
        spinning: "ended",
        yielding: "ended",
        time_limits: [false, false, [[], [], []], true],
        local_data: 10,
        as_many_as_possible: [true, "can't start new thread"],
        allocations: ["MemoryError", "MemoryError", "MemoryError", "MemoryError", true],
    });

    test("what a request leaves behind is cancelled", async () => {
        assert.equal(await outcome("threads/left_behind"), "answered");
        await worker.until(async () => (await outcome("threads/what_was_left")).length === 2);
        assert.deepEqual(await outcome("threads/what_was_left"), ["cancelled", "finally"]);
    });

    test("many requests with many threads", async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => outcome("threads/hand_over")));
        assert.deepEqual(new Set(answers), new Set([160]));
    });
});

// See runtime/host/src/deferred.ts: it went wrong only after the host's code had become hot.
describe("a thread that another request wakes stays in its own", () => {
    for (const turns of [0, 20_000]) {
        test(`after ${turns} turns`, { timeout: 60_000 }, async () => {
            const body = "the body of this request";
            const path = `${worker.url}/threads/own_request?turns=${turns}`;
            const answer = fetch(path, { method: "POST", body }).then((response) => response.text());
            await worker.until(() => outcome("threads/is_awaited"));
            await fetch(path);
            assert.equal(await answer, JSON.stringify(body), worker.logs.text());
        });
    }
});

// A trap would be answered with 500, and `outcome` would fail; the next case runs in the same instance, so that damage done
// silently has a chance to show.
for (const size of [0, 256 * KB]) {
    describe(`deep recursion on ${size ? `a stack of ${size / KB} KB` : "the stack of a request"}`, () => {
        for (const module of ["deep", "deep_values", "deep_libraries", "deep_sources"]) {
            test(module, async (context) => {
                for (const name of await outcome(`${module}/names`)) {
                    await context.test(name, async () => {
                        assert.match(await outcome(`${module}/${name}?stack=${size}`), ENDING[module]);
                    });
                }
            });
        }

        test("all that in one instance", async () => {
            const response = await fetch(`${worker.url}/__inspect`);
            assert.equal(/** @type {{instances: number}} */ (await response.json()).instances, 1);
        });
    });
}

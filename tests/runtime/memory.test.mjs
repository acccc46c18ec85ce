// SPDX-License-Identifier: MIT
// Linear memory only ever grows: after 5,000 requests it must be what it was after 500.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startWorker } from "./harness.mjs";

// Everything that holds memory while it is served. Memory follows the most threads that ever lived at one time; so more requests
// overlap in the first part than in the second, and there only a leak can make it grow. A round is of one kind.
const AT_ONCE_EARLY = 20;
const AT_ONCE_LATE = 10;
/** @type {{path: string, body?: string, status?: number}[]} */
const KINDS = [
    { path: "/context" },
    { path: "/info?a=1", body: "x".repeat(1000) },
    { path: "/echo", body: "y".repeat(20_000) },
    { path: "/threads?count=2" },
    { path: "/variables" },
    { path: "/tasks", body: "z" },
    { path: "/asleep?seconds=0.001" },
    { path: "/kv" },
    { path: "/stream" },
    { path: "/raises", status: 500 },
];

test("memory is flat", { timeout: 300_000 }, async () => {
    const worker = await startWorker({
        folder: new URL("./workers/serve/", import.meta.url),
        kv: ["ITEMS"],
        bindings: { TEXT: "a text", JSON: { a: [1, null] } },
    });
    try {
        const bytes = async () => {
            const answer = await (await fetch(`${worker.url}/memory`)).text();
            return JSON.parse(answer)[0];
        };
        const ask = async (/** @type {typeof KINDS[0]} */ { path, body, status = 200 }) => {
            const response = await fetch(worker.url + path, body ? { method: "POST", body } : {});
            const answer = await response.text();
            assert.equal(response.status, status, answer);
        };
        const requests = async (/** @type {number} */ count, /** @type {number} */ atOnce) => {
            for (let round = 0; round < count / atOnce; round += 1) {
                const kind = KINDS[round % KINDS.length];
                assert.ok(kind);
                await Promise.all(Array.from({ length: atOnce }, () => ask(kind)));
            }
        };
        await requests(500, AT_ONCE_EARLY);
        const early = await bytes();
        await requests(4500, AT_ONCE_LATE);
        const late = await bytes();
        console.log(`linear memory: ${early} bytes after 500 requests, ${late} after 5,000`);
        assert.equal(late, early);
    } finally {
        await worker.stop();
    }
});

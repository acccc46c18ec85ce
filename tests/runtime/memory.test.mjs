// SPDX-License-Identifier: MIT
// Linear memory only ever grows: after 5,000 requests it must be what it was after 500.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startWorker } from "./harness.mjs";

// The load is the same from the first request to the last: rounds of ten requests, of one kind each, by turns one after the
// other and all at once. Everything that holds memory while it is served occurs in it.
const ROUND = 10;
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
        let rounds = 0;
        const requests = async (/** @type {number} */ count) => {
            for (let done = 0; done < count; done += ROUND) {
                const kind = KINDS[rounds % KINDS.length];
                assert.ok(kind);
                const atOnce = Math.floor(rounds / KINDS.length) % 2 === 0 ? 1 : ROUND;
                for (let asked = 0; asked < ROUND; asked += atOnce) {
                    await Promise.all(Array.from({ length: atOnce }, () => ask(kind)));
                }
                rounds += 1;
            }
        };
        await requests(500);
        const early = await bytes();
        await requests(4500);
        const late = await bytes();
        console.log(`linear memory: ${early} bytes after 500 requests, ${late} after 5,000`);
        assert.equal(late, early);
    } finally {
        await worker.stop();
    }
});

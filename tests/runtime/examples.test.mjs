// SPDX-License-Identifier: MIT
// The examples, which `pymode init` copies, in workerd.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startWorker } from "./harness.mjs";

/** @param {string} name */
const folder = (name) => new URL(`../../examples/${name}/`, import.meta.url);

test("hello", async () => {
    const worker = await startWorker({ folder: folder("hello-worker") });
    try {
        assert.equal(await (await fetch(worker.url)).text(), "Hello from Python!\n");
        const greeting = await fetch(`${worker.url}/greet?name=J%C3%BCrgen`);
        assert.equal(greeting.headers.get("content-type"), "application/json");
        assert.equal(await greeting.text(), '{"message":"Hello, Jürgen!"}');
        await worker.logs.waitFor("greeting Jürgen");
        assert.equal((await fetch(`${worker.url}/other`)).status, 404);
    } finally {
        await worker.stop();
    }
});

test("api", async () => {
    const worker = await startWorker({ folder: folder("api-worker"), kv: ["ITEMS"] });
    /** @param {string} method @param {string} path @param {string} [body] @returns {Promise<[number, any]>} */
    const call = async (method, path, body) => {
        const response = await fetch(worker.url + path, body === undefined ? { method } : { method, body });
        const answer = await response.text();
        return [response.status, answer === "" ? null : JSON.parse(answer)];
    };
    try {
        assert.deepEqual(await call("GET", "/api/items"), [200, { items: [] }]);
        const [status, item] = await call("POST", "/api/items", '{"name": "lamp", "price": 25}');
        assert.equal(status, 201);
        assert.deepEqual([item.name, item.price], ["lamp", 25]);
        assert.deepEqual(await call("GET", "/api/items"), [200, { items: [item] }]);
        assert.deepEqual(await call("GET", `/api/items/${item.id}`), [200, item]);
        assert.equal((await call("POST", "/api/items", "{}"))[0], 400);
        assert.equal((await call("POST", "/api/items", "{"))[0], 400, "a body that is not JSON");
        assert.deepEqual(await call("DELETE", `/api/items/${item.id}`), [204, null]);
        assert.equal((await call("GET", `/api/items/${item.id}`))[0], 404);
    } finally {
        await worker.stop();
    }
});

test("in dev the page has the traceback, otherwise an id alone", async () => {
    const source = "def on_fetch(request):\n    raise ValueError('private words')\n";
    for (const dev of [true, false]) {
        const worker = await startWorker({ folder: folder("hello-worker"), files: { "src/main.py": source }, dev });
        try {
            const response = await fetch(worker.url);
            const page = await response.text();
            assert.equal(response.status, 500);
            const shown = [page.includes("ValueError: private words"), page.includes("raise ValueError")];
            assert.deepEqual(shown, [dev, dev], page);
        } finally {
            await worker.stop();
        }
    }
});

test("a program that cannot be imported says so, request by request", async () => {
    for (const [source, words] of [
        ["import nothing_like_this\n", "No module named 'nothing_like_this'"],
        ["import fcntl\n", "a Worker's files have no locks"],
        ["def handler(request): pass\n", "module 'src.main' has no on_fetch"],
        ["def on_fetch(request:\n", "SyntaxError"],
    ]) {
        const worker = await startWorker({ folder: folder("hello-worker"), files: { "src/main.py": source ?? "" } });
        try {
            for (let request = 0; request < 2; request += 1) {
                worker.logs.clear();
                assert.equal((await fetch(worker.url)).status, 500);
                await worker.logs.waitFor(words ?? "");
            }
        } finally {
            await worker.stop();
        }
    }
});

// SPDX-License-Identifier: MIT
// What serving must get right, asked of a Worker in real workerd: tests/runtime/workers/serve.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

/** @param {string} path @param {RequestInit} [init] */
const ask = (path, init) => fetch(worker.url + path, { redirect: "manual", ...init });

/** Asks and expects 200. @param {string} path @param {RequestInit} [init] */
async function good(path, init) {
    const response = await ask(path, init);
    const body = new Uint8Array(await response.arrayBuffer());
    assert.equal(response.status, 200, new TextDecoder().decode(body) + worker.logs.text());
    return body;
}

/** @param {string} path @param {RequestInit} [init] */
const text = async (path, init) => new TextDecoder().decode(await good(path, init));

/** @param {string} path @param {RequestInit} [init] */
const json = async (path, init) => JSON.parse(await text(path, init));

/** Milliseconds that something takes. @param {() => Promise<unknown>} work */
async function timed(work) {
    const start = performance.now();
    await work();
    return performance.now() - start;
}

/** @param {number} count @param {(index: number) => Promise<unknown>} work */
const overlapping = (count, work) => Promise.all(Array.from({ length: count }, (_, i) => work(i)));

before(async () => {
    worker = await startWorker({
        folder: new URL("./workers/serve/", import.meta.url),
        kv: ["ITEMS"],
        bindings: { TEXT: "a text", JSON: { a: [1, null] } },
    });
});
after(() => worker?.stop());

describe("a program", () => {
    test("imports its neighbours and from its root", async () => {
        const [greeting, number, path, name, file] = await json("/imports");
        assert.equal(greeting, "Hello, you!");
        assert.equal(number, 4);
        assert.equal(name, "src.main");
        assert.equal(file, "/app/src/main.py");
        assert.deepEqual(path, [
            "/app",
            "/app/src",
            "/lib/python3.13",
            "/lib/python3.13/lib-dynload",
            "/lib/site-packages",
        ]);
    });

    test("prints into the log, never into the answer", async () => {
        assert.equal(await text("/prints"), "answer");
        for (const line of ["printed", "in two lines", "to stderr", "no line end"]) {
            await worker.logs.waitFor(line);
        }
    });

    test("has its variables", async () => {
        const [textVar, jsonVar, environment, hasJson, none, names] = await json("/variables");
        assert.deepEqual([textVar, jsonVar, environment], ["a text", { a: [1, null] }, "a text"]);
        assert.deepEqual([hasJson, none], [false, null]);
        assert.deepEqual(names.sort(), ["ITEMS", "JSON", "TEXT"]);
    });

    test("has its KV", async () => {
        assert.deepEqual(await json("/kv"), {
            kind: "<KVNamespace ITEMS>",
            text: null,
            bytes: true,
            stream: true,
            entry: [{ a: [1, null] }, { by: "me" }],
            pages: [["bytes", "json"], ["text"], true],
            expires: [false, true, false],
        });
        const [name, message] = await json("/kv_refused");
        assert.equal(name, "TypeError");
        assert.match(message, /key/i);
    });

    test("has files, sqlite and entropy of its own", async () => {
        assert.deepEqual(await json("/temporary"), [true, "/tmp"]);
        assert.equal(await text("/database"), "[(1, 'x'), (2, b'\\x00\\xff')]");
        const first = await json("/entropy");
        const second = await json("/entropy");
        for (const index of [0, 1, 2]) assert.notEqual(first[index], second[index]);
    });
});

describe("requests and answers", () => {
    test("every byte passes in both directions", async () => {
        const pattern = new Uint8Array(1 << 20).map((_, i) => i & 255);
        assert.deepEqual(await good(`/pattern?size=${1 << 20}`), pattern);
        const random = new Uint8Array(1 << 20);
        for (let i = 0; i < random.length; i += 65536) crypto.getRandomValues(random.subarray(i, i + 65536));
        const echoed = await good("/echo", { method: "POST", body: random });
        assert.equal(Buffer.compare(echoed, random), 0);
        assert.equal((await good("/echo", { method: "POST" })).length, 0);
    });

    test("the request is what was sent", async () => {
        const seen = await json("/info?a=1&a=2&b=%C3%A4+x", {
            method: "PUT",
            headers: { "X-Test": "yes", "Content-Type": "text/plain; charset=utf-8" },
            body: "Grüße",
        });
        assert.equal(seen.method, "PUT");
        assert.equal(seen.path, "/info");
        assert.deepEqual(seen.query, [["a", "1"], ["a", "2"], ["b", "ä x"]]);
        assert.equal(seen.text, "Grüße");
        assert.deepEqual(new Map(seen.headers).get("x-test"), "yes");
    });

    test("cookies stay apart, and redirects are encoded", async () => {
        const response = await ask("/cookies");
        assert.equal(response.status, 303);
        assert.equal(response.headers.get("location"), "/k%C3%A4se");
        assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2; Path=/"]);
    });

    test("statuses, also those without a body", async () => {
        for (const status of [200, 201, 204, 205, 304, 404, 418, 500, 599]) {
            const response = await ask(`/respond?status=${status}`);
            assert.equal(response.status, status);
            assert.equal(response.headers.get("x-test"), "yes");
            assert.equal(await response.text(), [204, 205, 304].includes(status) ? "" : "body");
        }
        const head = await ask("/stream", { method: "HEAD" });
        assert.deepEqual([head.status, await head.text()], [200, ""]);
    });

    test("bodies are streamed", async () => {
        assert.equal(await text("/stream"), "0\n1\n2\n3\n4\n");
        const long = await good("/astream");
        assert.equal(long.length, 1 << 20);
        assert.ok(long.every((byte, i) => byte === (i & 255)));
        await assert.rejects(async () => (await ask("/broken_stream")).text());
    });

    test("a client that goes away ends the body", async () => {
        const abort = new AbortController();
        const response = await ask("/endless", { signal: abort.signal });
        await response.body?.getReader().read();
        abort.abort();
        await worker.until(async () => (await json("/was_closed")).length === 1);
    });

    test("work goes on after the answer", async () => {
        assert.equal(await text("/later"), "at once");
        await worker.logs.waitFor("later work is done");
    });
});

describe("overlapping requests", () => {
    test("forty that sleep take as long as one", async () => {
        for (const path of ["/sleep?seconds=1", "/asleep?seconds=1"]) {
            await text(path);
            const one = await timed(() => text(path));
            const all = await timed(() => overlapping(40, () => text(path)));
            assert.ok(all <= 2 * one, `${path}: ${all} ms for forty, ${one} ms for one`);
        }
    });

    test("twenty with eight threads each", async () => {
        const expected = Array.from({ length: 40 }, (_, i) => i * i).reduce((a, b) => a + b);
        await overlapping(20, async (i) => {
            assert.deepEqual(await json(`/threads?id=${i}`), [expected, String(i)]);
        });
    });

    test("a pool of the module's level works in each of them", async () => {
        for (let round = 0; round < 3; round += 1) {
            await overlapping(4, async () => {
                assert.deepEqual(await json("/pooled"), [0, 1, 4, 9, 16, 25, 36, 49, 64]);
            });
        }
    });

    test("asyncio, threads and bodies together", async () => {
        await overlapping(10, async (i) => {
            const answer = await json("/tasks", { method: "POST", body: `body ${i}` });
            assert.deepEqual(answer, ["seen", "task", true, `body ${i}`]);
        });
    });

    test("context variables are not shared", async () => {
        await overlapping(5, async () => assert.equal(await text("/context"), "fresh"));
    });
});

describe("failures", () => {
    /** @param {string} path @param {number} status @param {RequestInit} [init] */
    async function failing(path, status, init) {
        const response = await ask(path, init);
        const body = await response.text();
        assert.equal(response.status, status, body);
        return body;
    }

    test("an exception is 500 with an id that is in the log", async () => {
        const body = await failing("/raises", 500);
        const id = /^Internal Server Error\n\nerror id: ([0-9a-f]{12})\n$/.exec(body)?.[1];
        assert.ok(id, body);
        await worker.logs.waitFor(id);
        await worker.logs.waitFor("ValueError: private words");
        await worker.logs.waitFor("in raises");
    });

    test("other ways to fail", async () => {
        await failing("/exits", 500);
        await failing("/wrong_type", 500);
        await worker.logs.waitFor("on_fetch returned int; return a Response, str, bytes, dict or list");
        const body = await failing("/json_body", 400, { method: "POST", body: "{broken" });
        assert.match(body, /the body is not valid JSON/);
    });

    test("recursion ends in an exception", async () => {
        for (const how of [
            "python", "sorted", "repr", "json", "getattr", "compile", "unary", "pickle", "regex",
        ]) {
            const answer = await text(`/recurse?how=${how}`);
            assert.match(answer, /^(RecursionError|MemoryError)$/, how);
        }
        await failing("/recurse_uncaught", 500);
        await worker.logs.waitFor("RecursionError");
    });

    test("too much memory is 503, and the next request is served", async () => {
        for (const path of ["/allocate", "/allocate_lists"]) {
            assert.match(await failing(path, 503), /^Service Unavailable/);
            assert.equal(await text("/context"), "fresh");
        }
        await worker.logs.waitFor("MemoryError");
    });

    test("a lock that nobody will release is reported", async () => {
        await failing("/deadlock", 500);
        await worker.logs.waitFor("deadlock");
    });

    test("a trap ends its own request only", async () => {
        await overlapping(12, async (i) => {
            if (i % 4 === 1) await failing("/trap", 500);
            else if (i % 4 === 2) await failing("/raises", 500);
            else await json("/threads");
        });
        assert.equal(await text("/context"), "fresh");
    });
});

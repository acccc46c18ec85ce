// SPDX-License-Identifier: MIT
// Durable Objects, crons and queues of a Python program in real workerd: tests/runtime/workers/objects.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startWorker } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;

before(async () => {
    worker = await startWorker({
        folder: new URL("./workers/objects/", import.meta.url),
        objects: { COUNTER: "Counter", BARE: "Bare" },
        more: { queueProducers: { QUEUE: "jobs" }, queueConsumers: { jobs: { maxBatchTimeout: 0 } } },
    });
});
after(() => worker?.stop());

/** @param {string} path @param {RequestInit} [init] */
async function ask(path, init) {
    const response = await fetch(worker.url + path, init);
    const text = await response.text();
    assert.ok(response.ok, `${response.status} ${text}${worker.logs.text()}`);
    return text;
}

/** @param {string} name */
const named = (name) => ({ headers: { "x-object": name } });

test("an object keeps its state; another name is another object", async () => {
    assert.deepEqual(JSON.parse(await ask("/add")), { count: 1, calls: 1 });
    assert.deepEqual(JSON.parse(await ask("/add?by=3")), { count: 4, calls: 2 });
    assert.deepEqual(JSON.parse(await ask("/add", named("two"))), { count: 1, calls: 1 });
});

test("a method, a body and headers arrive; a coroutine answers", async () => {
    const response = await fetch(`${worker.url}/async`, { method: "POST", body: "hällo", ...named("three") });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("content-type"), "application/json");
    const { body, name, id } = await response.json();
    assert.deepEqual([body, name], ["hällo", "three"]);
    assert.match(id, /^[0-9a-f]{64}$/);
});

test("a new object is found again by its id", async () => {
    assert.deepEqual(JSON.parse(await ask("/id")), [64, 200, '{"count":6,"calls":2}']);
});

test("values, keys in order, and the database", async () => {
    assert.equal(
        await ask("/values"),
        "({'a': 1, 'b': b'\\x00\\xff'}, {'c': {'deep': [None, 2.5, 'é']}, 'b': b'\\x00\\xff'}, {'a': 1}, True, False, 2, {}, 7)",
    );
    assert.equal(
        await ask("/sql"),
        `(['text', 'data', 'real'], [{'text': 'one', 'data': b'\\x01', 'real': 1.5}, {'text': None, 'data': None, 'real': None}, ` +
            `{'text': "drei'); --", 'data': b'', 'real': 3}], None, True)`,
    );
});

test("twenty requests at once lose nothing under the object's lock", async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask("/safely", named("busy"))));
    assert.equal(await ask("/safely", named("busy")), "21");
});

test("an alarm that fails rings again", async () => {
    assert.equal(await ask("/alarm", named("bell")), "True");
    await worker.until(async () => (await ask("/rang", named("bell"))) === "1");
    assert.match((await worker.logs.waitFor("the first time it fails")).message, /error \w+ alarm of a Counter\nTraceback[^]*RuntimeError/);
});

test("a failing object answers 500 with an id, and its traceback is in the log", async () => {
    const response = await fetch(`${worker.url}/fail`);
    assert.equal(response.status, 500);
    assert.match(await response.text(), /^Internal Server Error\n\nerror id: \w+\n$/);
    assert.match((await worker.logs.waitFor("the object failed")).message, /GET \/fail of a Counter\nTraceback/);
    const bare = await fetch(`${worker.url}/bare`);
    assert.equal(bare.status, 500);
    await worker.logs.waitFor("Bare has no fetch");
});

test("a cron calls on_scheduled", async () => {
    const time = 1_795_000_000_000;
    assert.equal((await worker.scheduled({ cron: "* * * * *", scheduledTime: new Date(time) })).outcome, "ok");
    assert.deepEqual(JSON.parse(await ask("/events")).at(-1), ["* * * * *", time / 1000]);
    assert.equal((await worker.scheduled({ cron: "fail" })).outcome, "exception");
    assert.match((await worker.logs.waitFor("no cron of ours")).message, /scheduled ScheduledEvent\(cron='fail'/);
});

test("messages of a queue come, and come again when they are to", async () => {
    await ask("/send?text=one");
    await ask("/send?text=again");
    await worker.until(async () => JSON.parse(await ask("/events")).some((/** @type {unknown[]} */ event) => event[1] === "again" && event[2] === 2));
    const bodies = JSON.parse(await ask("/events")).filter((/** @type {unknown[]} */ event) => event[0] === "jobs");
    assert.deepEqual(bodies.toSorted(), [["jobs", "again", 1], ["jobs", "again", 2], ["jobs", "one", 1]]);
    await ask("/batch");
    await worker.until(async () => JSON.parse(await ask("/events")).length >= 6);
    assert.deepEqual(JSON.parse(await ask("/events")).slice(-3).map((/** @type {unknown[]} */ event) => event[1]), [[0, 255], { a: [1, null] }, 7]);
});
